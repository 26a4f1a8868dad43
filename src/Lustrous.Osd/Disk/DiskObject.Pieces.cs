using Lustrous.Osd.Disk.Store;

namespace Lustrous.Osd.Disk;

// Blocks whose bytes are in the store, in pieces: small, where records are written one by one; a block each where a
// small
// body comes at once. What is missing of a piece, or all of it, is zero. All under the object's lock.
sealed partial class DiskObject
{
    const byte RecordPieceShift = 10;

    int PieceSize => 1 << _record.PieceShift;

    Errno ReadPieces(long offset, Span<byte> into)
    {
        while (!into.IsEmpty)
        {
            int within = (int)(offset & (PieceSize - 1));
            int length = Math.Min(into.Length, PieceSize - within);
            if (GetPiece(offset >> _record.PieceShift, out byte[]? value) is var error and not Errno.OK)
                return error;
            ReadOnlySpan<byte> found = value.AsSpan()[Math.Min(within, value?.Length ?? 0)..];
            found = found[..Math.Min(found.Length, length)];
            found.CopyTo(into);
            into[found.Length..length].Clear();
            offset += length;
            into = into[length..];
        }
        return Errno.OK;
    }

    /// <summary>Writes into blocks that are inline; nothing is changed when it fails.</summary>
    Errno WritePieces(DiskTransaction change, long offset, ReadOnlySpan<byte> bytes)
    {
        long first = offset >> _record.PieceShift;
        long last = (offset + bytes.Length - 1) >> _record.PieceShift;
        if (GetPiece(first, out byte[]? head) is var lost and not Errno.OK)
            return lost;
        byte[]? tail = head;
        if (last != first && GetPiece(last, out tail) is var gone and not Errno.OK)
            return gone;
        Span<byte> piece = stackalloc byte[PieceSize];
        for (long at = first; at <= last; at++)
        {
            int within = (int)(offset & (PieceSize - 1));
            int length = Math.Min(bytes.Length, PieceSize - within);
            piece.Clear();
            if (length < PieceSize)
                (at == first ? head : tail)?.CopyTo(piece);
            bytes[..length].CopyTo(piece[within..]);
            SetPiece(change, at, piece.TrimEnd((byte)0));
            offset += length;
            bytes = bytes[length..];
        }
        return Errno.OK;
    }

    void DropPieces(DiskTransaction change, long firstBlock, long endBlock)
    {
        long end = endBlock << (DiskBlock.Shift - _record.PieceShift);
        for (long at = firstBlock << (DiskBlock.Shift - _record.PieceShift); at < end; at++)
            SetPiece(change, at, default);
    }

    Errno GetPiece(long piece, out byte[]? value)
    {
        Span<byte> room = stackalloc byte[DiskKey.NumberedSize];
        Errno error = GetValue(
            _pieces, DiskKey.OfNumbered(DiskKey.Piece, Number, (ulong)piece, room), out value);
        if (error == Errno.OK && value is not null && value.Length > PieceSize)
            return IsDamaged($"a piece of object {Fid}");
        return error;
    }

    void SetPiece(DiskTransaction change, long piece, ReadOnlySpan<byte> bytes)
    {
        Span<byte> room = stackalloc byte[DiskKey.NumberedSize];
        SetValue(change, ref _pieces, DiskKey.OfNumbered(DiskKey.Piece, Number, (ulong)piece, room),
            bytes.IsEmpty ? null : bytes.ToArray());
    }
}
