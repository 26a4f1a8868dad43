using System.Reflection;
using CsCheck;
using Lustrous.Idl.Fids;
using Lustrous.Idl.LNet;
using Lustrous.Idl.Ldlm;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Tests.WireTables;

/// <summary>Whatever bytes a peer sends, they come out as they went in: reserved fields too.</summary>
public sealed class RoundTripTests
{
    const int RandomsPerStruct = 20;

    public static TheoryData<Type> Structs => [.. StructLayout.All.Values.OrderBy(type => type.FullName)];

    [Theory, MemberData(nameof(Structs))]
    public void Bytes_read_and_written_are_the_same(Type type) => ForRandoms(nameof(ReadWrite), type);

    [Theory, MemberData(nameof(Structs))]
    public void Reversing_twice_changes_nothing(Type type) => ForRandoms(nameof(SwabTwice), type);

    [Theory, MemberData(nameof(Structs))]
    public void The_visitor_sees_every_byte_once_and_in_order(Type type) => ForRandoms(nameof(Visit), type);

    [Theory, MemberData(nameof(Structs))]
    public void Any_bytes_print_as_text_and_as_json(Type type) => ForRandoms(nameof(Print), type);

    [Theory]
    [InlineData(LNetMessageType.Ack), InlineData(LNetMessageType.Put), InlineData(LNetMessageType.Get)]
    [InlineData(LNetMessageType.Reply), InlineData(LNetMessageType.Hello)]
    public void An_lnet_header_of_each_type_shows_every_byte(LNetMessageType type) =>
        Bytes(LNetHdrNid4.WireSize).Sample(bytes =>
        {
            Assert.True(WireBytes.TryRead(bytes, out LNetHdrNid4 header));
            header.Type = type;
            Visit<LNetHdrNid4>(WireBytes.Of(ref header).ToArray());
        }, iter: RandomsPerStruct);

    [Theory]
    [InlineData(LockType.Plain), InlineData(LockType.Extent), InlineData(LockType.Flock), InlineData(LockType.Ibits)]
    public void A_lock_of_each_type_shows_every_byte(LockType type) =>
        Bytes(LdlmLockDesc.WireSize).Sample(bytes =>
        {
            Assert.True(WireBytes.TryRead(bytes, out LdlmLockDesc desc));
            desc.Resource.Type = type;
            Visit<LdlmLockDesc>(WireBytes.Of(ref desc).ToArray());
        }, iter: RandomsPerStruct);

    [Fact]
    public void A_struct_of_a_peer_of_the_other_byte_order_reads_after_reversing()
    {
        byte[] theirs = Convert.FromHexString(
            "1122334455667788" + "99aabbccddeeff00" + "00000007" + "00000003");
        Assert.True(WireBytes.TryRead(theirs, out LuSeqRange range));
        range = LuSeqRange.Swab(in range);
        Assert.Equal((0x1122334455667788UL, 0x99aabbccddeeff00UL, 7U), (range.Start, range.End, range.Index));
    }

    [Fact]
    public void Handles_and_lnet_headers_are_never_reversed()
    {
        var body = new PtlrpcBodyV3 { Handle = new LustreHandle(0x0102030405060708), Status = -2 };
        PtlrpcBodyV3 reversed = PtlrpcBodyV3.Swab(in body);
        Assert.Equal(body.Handle, reversed.Handle);
        Assert.NotEqual(body.Status, reversed.Status);

        var put = new LNetPut { AckWmd = new LNetHandleWire { InterfaceCookie = 1, ObjectCookie = 2 }, MatchBits = 3 };
        Assert.Equal(put, LNetPut.Swab(in put));        // LNet headers are little-endian from every peer
    }

    [Fact]
    public void An_object_id_reverses_by_the_form_it_has()
    {
        OstId old = OstId.FromIdAndSequence(5, 0);
        Assert.Equal(OstId.FromIdAndSequence(5UL << 56, 0), OstId.Swab(in old));
        var fid = new OstId(new Fid(0x100000000, 0x2, 0x3));
        Assert.Equal(new Fid(0x01000000, 0x02000000, 0x03000000), OstId.Swab(in fid).FidView);
    }

    [Fact]
    public void Too_few_bytes_are_no_struct()
    {
        Assert.False(WireBytes.TryRead(new byte[LuSeqRange.WireSize - 1], out LuSeqRange _));
        Assert.False(WireBytes.TryWrite(new byte[LuSeqRange.WireSize - 1], default(LuSeqRange)));
    }

    [Fact]
    public void Text_fits_with_its_nul_or_is_refused()
    {
        Assert.Equal("lustre-OST0000_UUID", Text40.From("lustre-OST0000_UUID").ToString());
        Assert.True(Text40.TryFrom(new string('a', 39), out Text40 longest));
        Assert.Equal(39, longest.TextLength);
        Assert.False(Text40.TryFrom(new string('a', 40), out Text40 _));
    }

    static Gen<byte[]> Bytes(int size) => Gen.Byte.Array[size];

    static void ForRandoms(string check, Type type)
    {
        MethodInfo method = typeof(RoundTripTests).GetMethod(check, BindingFlags.Static | BindingFlags.NonPublic)!
            .MakeGenericMethod(type);
        Action<byte[]> call = method.CreateDelegate<Action<byte[]>>();
        Bytes(StructLayout.Of(type).Size).Sample(call, iter: RandomsPerStruct);
    }

    static void ReadWrite<T>(byte[] bytes) where T : unmanaged, IWireStruct<T>
    {
        Assert.Equal(T.WireSize, bytes.Length);
        Assert.True(WireBytes.TryRead(bytes, out T value));
        Assert.Equal(bytes, WireBytes.OfReadOnly(in value).ToArray());
        T copy = value;
        Assert.True(value.Equals(copy));
        Assert.Equal(value.GetHashCode(), copy.GetHashCode());
        WireBytes.Of(ref copy)[^1] ^= 1;
        Assert.False(value.Equals(copy));
    }

    static void SwabTwice<T>(byte[] bytes) where T : unmanaged, IWireStruct<T>
    {
        Assert.True(WireBytes.TryRead(bytes, out T value));
        T reversed = T.Swab(in value);
        T again = T.Swab(in reversed);
        Assert.Equal(bytes, WireBytes.OfReadOnly(in again).ToArray());
    }

    static void Visit<T>(byte[] bytes) where T : unmanaged, IWireStruct<T>
    {
        Assert.True(WireBytes.TryRead(bytes, out T value));
        var seen = new ByteCollector();
        T.VisitFields(in value, ref seen);
        Assert.Equal(bytes, seen.Bytes);
    }

    static void Print<T>(byte[] bytes) where T : unmanaged, IWireStruct<T>
    {
        Assert.True(WireBytes.TryRead(bytes, out T value));
        Assert.StartsWith(T.WireName + "{", StructPrinter.ToText(in value), StringComparison.Ordinal);
        using var json = System.Text.Json.JsonDocument.Parse(StructPrinter.ToJson(in value));
        Assert.Equal(System.Text.Json.JsonValueKind.Object, json.RootElement.ValueKind);
    }

    /// <summary>Puts the bytes of every field one after another.</summary>
    sealed class ByteCollector : IWireFieldVisitor
    {
        internal List<byte> Bytes { get; } = [];

        public void Value<T>(string name, T value) where T : unmanaged => Bytes.AddRange(WireBytes.Of(ref value));

        public void Struct<T>(string name, scoped in T value) where T : unmanaged, IWireStruct<T>
        {
            ByteCollector self = this;
            T.VisitFields(in value, ref self);
        }

        public void Array<T>(string name, scoped ReadOnlySpan<T> values) where T : unmanaged
        {
            foreach (T value in values) Value(name, value);
        }

        public void Text(string name, scoped ReadOnlySpan<byte> characters) => Bytes.AddRange(characters);

        public void StructArray<T>(string name, scoped ReadOnlySpan<T> values) where T : unmanaged, IWireStruct<T>
        {
            foreach (ref readonly T value in values) Struct(name, in value);
        }
    }
}
