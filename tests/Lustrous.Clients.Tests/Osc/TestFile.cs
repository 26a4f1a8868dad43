using Lustrous.Clients.Lov;
using Lustrous.Idl.Fids;
using Lustrous.Idl.Mdt;
using Lustrous.Libcfs;

namespace Lustrous.Clients.Tests.Osc;

/// <summary>A file on one client: bytes in and out, on the client's host.</summary>
sealed class TestFile : ILovObjectOwner
{
    readonly TestClient _client;

    public TestFile(TestClient client, Fid fid, LovLayout layout)
    {
        _client = client;
        LovObject? made = null;
        client.Node.Host.Call(() => made = new LovObject(client.Lov, fid, layout, this));
        Object = made!;
    }

    public LovObject Object { get; }

    public List<(ulong Start, ulong End)> Invalidated { get; } = [];

    /// <summary>Stands in for the kernel's dirty pages: written back when a lock goes.</summary>
    public Func<ulong, ulong, ValueTask>? OnInvalidate { get; set; }

    public Task<Result<int>> WriteAsync(ulong offset, byte[] data, LovIoFlags flags = LovIoFlags.None) =>
        _client.RunAsync(async () =>
        {
            using PooledBuffer buffer = Copy(data);
            return await Object.WriteAsync(offset, buffer.Slice(0, data.Length), flags, default);
        });

    public Task<Result<ulong>> AppendAsync(byte[] data) => _client.RunAsync(async () =>
    {
        using PooledBuffer buffer = Copy(data);
        return await Object.AppendAsync(buffer.Slice(0, data.Length), LovIoFlags.None, default);
    });

    public Task<Result<byte[]>> ReadAsync(ulong offset, int length, LovIoFlags flags = LovIoFlags.None) =>
        _client.RunAsync<Result<byte[]>>(async () =>
        {
            using PooledBuffer buffer = _client.Node.Context.Buffers.Take(length);
            buffer.Span.Fill(0xEE);
            Result<int> read = await Object.ReadAsync(offset, buffer.Slice(0, length), flags, default);
            return read.Failed ? read.Error : buffer.Span[..read.Value].ToArray();
        });

    public Task<Errno> FlushAsync(bool commit = false) =>
        _client.RunAsync(() => Object.FlushAsync(0, ulong.MaxValue, commit, default));

    public Task<Errno> TruncateAsync(ulong size) => _client.RunAsync(() => Object.TruncateAsync(size, default));

    public Task<Result<LovAttributes>> StatAsync() => _client.RunAsync(() => Object.GlimpseAsync(default));

    public Task<Errno> FallocateAsync(FallocateMode mode, ulong offset, ulong length) =>
        _client.RunAsync(() => Object.FallocateAsync(mode, offset, length, default));

    public Task<Result<ulong>> SeekAsync(ulong offset, SeekWhence whence) =>
        _client.RunAsync(() => Object.SeekAsync(offset, whence, default));

    /// <summary>Stands in for the MDT, which gives another layout.</summary>
    public Func<LayoutIntent, ValueTask<Errno>>? OnChangeLayout { get; set; }

    ValueTask ILovObjectOwner.InvalidateAsync(ulong start, ulong end)
    {
        Invalidated.Add((start, end));
        return OnInvalidate?.Invoke(start, end) ?? ValueTask.CompletedTask;
    }

    void ILovObjectOwner.AttributesChanged()
    {
    }

    LovOwnership ILovObjectOwner.Ownership => new(500, 501, 7);

    ValueTask<Errno> ILovObjectOwner.ChangeLayoutAsync(LayoutIntent wanted, CancellationToken cancel) =>
        OnChangeLayout?.Invoke(wanted) ?? new(Errno.EOPNOTSUPP);

    PooledBuffer Copy(byte[] data)
    {
        PooledBuffer buffer = _client.Node.Context.Buffers.Take(Math.Max(1, data.Length));
        data.CopyTo(buffer.Span);
        return buffer;
    }
}
