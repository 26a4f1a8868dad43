using System.Reflection;
using System.Text.Json;
using Lustrous.Idl.Ldlm;
using Lustrous.Idl.LNet;
using Lustrous.Idl.Mdt;
using Lustrous.Idl.Mgs;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Idl.Update;
using Lustrous.Libcfs;
using Lustrous.Ptlrpc.Layout;
using Lustrous.Utils.Decode;

namespace Lustrous.Fuzz.Tests.Targets;

/// <summary>
/// What <c>lustrous decode</c> makes of a message: no byte of it may be lost, whatever it is, and every form of output
/// must be able to show it.
/// </summary>
static class DecodeTargets
{
    static readonly MessageField[] Fields =
    [
        .. from property in typeof(Rmf).GetMembers(BindingFlags.Static | BindingFlags.Public)
           let value = property switch
           {
               FieldInfo field => field.GetValue(null),
               PropertyInfo { CanRead: true } readable => readable.GetValue(null),
               _ => null,
           }
           where value is MessageField
           orderby property.Name
           select (MessageField)value,
    ];

    static readonly uint[] BulkOpcodes =
    [
        0, (uint)MdsOpcode.Readpage, (uint)MdsOpcode.Batch, (uint)OutOpcode.Update, (uint)MgsOpcode.ConfigRead,
    ];

    static readonly uint[] FieldOpcodes =
    [
        0, (uint)MdsOpcode.Reint, (uint)LlogOpcode.OriginHandleNextBlock, (uint)FldOpcode.Read,
    ];

    [FuzzTarget("PayloadDecoder.DecodeBulk", Seeds = SeedKind.Payload | SeedKind.Pages, AllocationPerByte = 2048)]
    public static void Bulk(ReadOnlySpan<byte> input)
    {
        if (input.Length == 0)
            return;
        uint opcode = BulkOpcodes[input[^1] % BulkOpcodes.Length];
        Show(PayloadDecoder.DecodeBulk(input, opcode), input);
    }

    [FuzzTarget("PayloadDecoder.DecodePing", Seeds = SeedKind.Payload, AllocationPerByte = 512)]
    public static void PingInfo(ReadOnlySpan<byte> input) => Show(PayloadDecoder.DecodePing(input), input);

    // The last bytes choose field and circumstances, so that a layout may begin where the buffer begins.
    [FuzzTarget(
        "FieldDecoder.Decode", "FieldDecoder.DecodeExtra",
        Seeds = SeedKind.Payload | SeedKind.Layout | SeedKind.Llog, AllocationPerByte = 2048)]
    public static void Field(ReadOnlySpan<byte> input)
    {
        if (input.Length < 4)
            return;
        Lassert.That(Fields.Length > 60);
        ReadOnlySpan<byte> buffer = input[..^3];
        var context = new FieldContext(
            FieldOpcodes[input[^2] % FieldOpcodes.Length], (MessageSide)(input[^2] >> 7), (LockType)(input[^3] & 15));
        bool swabbed = (input[^3] & 0x80) != 0;
        Show(FieldDecoder.Decode(Fields[input[^1] % Fields.Length], buffer, swabbed, context), buffer);
        Show(FieldDecoder.DecodeExtra(buffer), buffer);
    }

    /// <summary>The fields that hold formats of their own, so that layouts are not one input in fifty.</summary>
    [FuzzTarget(
        "FieldDecoder.Decode", Seeds = SeedKind.Layout | SeedKind.Llog | SeedKind.Pages, AllocationPerByte = 2048)]
    public static void VariableField(ReadOnlySpan<byte> input)
    {
        MessageField[] fields =
        [
            Rmf.MdtMd, Rmf.Eadata, Rmf.DlmLvb, Rmf.Acl, Rmf.ButHeader, Rmf.ButReply, Rmf.OutUpdateHeader,
            Rmf.OutUpdate, Rmf.OutUpdateReply, Rmf.FiemapVal, Rmf.RecReint,
        ];
        if (input.Length < 2)
            return;
        var context = new FieldContext((uint)LlogOpcode.OriginHandleNextBlock, MessageSide.Reply, LockType.Ibits);
        Show(FieldDecoder.Decode(fields[input[^1] % fields.Length], input, (input[^2] & 1) != 0, context), input);
        Show(FieldDecoder.Decode(Rmf.MdtMd, input, swabbed: false, default), input);
        Show(FieldDecoder.Decode(Rmf.Eadata, input, swabbed: false, context), input);
    }

    [FuzzTarget("MessagePart.Decode", Seeds = SeedKind.Payload, AllocationPerByte = 4096)]
    public static void MessageParts(ReadOnlySpan<byte> input)
    {
        byte[] copy = input.ToArray();
        if (LustreMessage.Parse(copy, out LustreMessage message) != Errno.OK)
            return;
        uint opcode = FormatSelector.Opcode(message);
        RequestFormat? request = FormatSelector.OfRequest(message), reply = FormatSelector.OfOpcode(opcode);
        ReadOnlySpan<byte> wire = input[..message.Length];
        Show(MessagePart.Decode("message", message, request, MessageSide.Request, opcode, LockType.Extent), wire);
        Show(MessagePart.Decode("message", message, reply, MessageSide.Reply, opcode, LockType.Ibits), wire);
    }

    /// <summary>Every form of output, and the way back to bytes.</summary>
    static void Show(Part part, ReadOnlySpan<byte> wire)
    {
        Lassert.That(part.Size == wire.Length, "bytes were lost");
        Lassert.That((uint)part.Undecoded <= (uint)wire.Length);
        byte[] encoded = new byte[part.Size];
        part.Encode(encoded);
        Lassert.That(wire.SequenceEqual(encoded), "encoded again, it is other bytes");
        Texts(part, 0);
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes))
            part.WriteJson(json);
        bytes.Position = 0;
        JsonDocument.Parse(bytes).Dispose();
    }

    static void Texts(Part part, int depth)
    {
        Lassert.That(depth < 16);
        // Whatever a terminal would act on must not come from a peer.
        string text = part.Name + part.ToText();
        if (text.Any(char.IsControl))
            Lassert.Lbug($"control characters in {text}");
        foreach (Part inner in part.Inner)
            Texts(inner, depth + 1);
    }
}
