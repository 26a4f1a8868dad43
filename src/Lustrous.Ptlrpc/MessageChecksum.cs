namespace Lustrous.Ptlrpc;

/// <summary>
/// The checksum of an early reply: CRC-32 as in Ethernet, but without the final inversion. An early reply needs one
/// because the next may overwrite it while it is read.
/// </summary>
/// <remarks>Source: lustre_msg_calc_cksum in lustre/ptlrpc/pack_generic.c.</remarks>
static class MessageChecksum
{
    const uint Polynomial = 0xEDB88320;

    static readonly uint[] Table = CreateTable();

    public static uint Of(ReadOnlySpan<byte> body)
    {
        uint crc = uint.MaxValue;
        foreach (byte value in body)
            crc = Table[(byte)(crc ^ value)] ^ crc >> 8;
        return crc;
    }

    static uint[] CreateTable()
    {
        var table = new uint[256];
        for (uint i = 0; i < table.Length; i++)
        {
            uint crc = i;
            for (int bit = 0; bit < 8; bit++)
                crc = (crc & 1) != 0 ? crc >> 1 ^ Polynomial : crc >> 1;
            table[i] = crc;
        }
        return table;
    }
}
