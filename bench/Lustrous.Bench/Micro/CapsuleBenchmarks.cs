using BenchmarkDotNet.Attributes;
using Lustrous.Idl.Mdt;
using Lustrous.Libcfs;
using Lustrous.Ptlrpc.Layout;

namespace Lustrous.Bench.Micro;

/// <summary>What packing and reading one getattr reply costs.</summary>
[MemoryDiagnoser]
public class CapsuleBenchmarks
{
    const int LayoutSize = 56;

    readonly BufferPool _pool = new();
    readonly RequestCapsule _capsule = new();
    readonly RequestCapsule _reader = new();
    readonly byte[] _layout = new byte[LayoutSize];
    readonly PooledBuffer _packed;
    readonly int _packedLength;

    public CapsuleBenchmarks()
    {
        _packed = _pool.Take(BufferPool.PageSize);
        _packedLength = PackInto(_packed);
    }

    /// <summary>Format, sizes, body, layout: the bytes of a whole reply.</summary>
    [Benchmark]
    public int Pack()
    {
        PooledBuffer buffer = _pool.Take(BufferPool.PageSize);
        int length = PackInto(buffer);
        buffer.Dispose();
        return length;
    }

    /// <summary>Checks a reply that came in, and takes body and layout out.</summary>
    [Benchmark]
    public long Unpack()
    {
        _reader.Reset();
        _reader.SetFormat(RequestFormats.MdsGetattr);
        Lassert.That(_reader.Attach(MessageSide.Reply, _packed.Slice(0, _packedLength)) == Errno.OK);
        MdtBody body = _reader.Get(Rmf.MdtBody, MessageSide.Reply).Value;
        return (long)body.Size + _reader.GetBytes(Rmf.MdtMd, MessageSide.Reply).Length;
    }

    int PackInto(PooledBuffer buffer)
    {
        _capsule.Reset();
        _capsule.SetFormat(RequestFormats.MdsGetattr);
        _capsule.SetSize(Rmf.MdtMd, MessageSide.Reply, LayoutSize);
        _capsule.SetSize(Rmf.Acl, MessageSide.Reply, 0);
        _capsule.SetSize(Rmf.FileEncCtx, MessageSide.Reply, 0);
        int length = _capsule.Pack(MessageSide.Reply, buffer.Slice(0, buffer.Capacity)).Length;
        _capsule.Set(Rmf.MdtBody, MessageSide.Reply, new MdtBody { Size = 4096 });
        _capsule.SetBytes(Rmf.MdtMd, MessageSide.Reply, _layout);
        return length;
    }
}
