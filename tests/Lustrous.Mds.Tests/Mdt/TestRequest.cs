using Lustrous.Libcfs;
using Lustrous.Ptlrpc.Bulk;
using Lustrous.Ptlrpc.Client;
using Lustrous.Ptlrpc.Layout;

namespace Lustrous.Mds.Tests.Mdt;

/// <summary>A request whose fields may be given in any order: sizes are set at once, contents when it is
/// sent.</summary>
sealed class TestRequest(PtlrpcRequest inner) : IDisposable
{
    readonly List<Action> _later = [];

    public PtlrpcRequest Inner => inner;

    public RequestCapsule Capsule => inner.Capsule;

    public int ReplyStatus => inner.ReplyStatus;

    public ulong Transno => inner.Transno;

    public BulkDescriptor? Bulk
    {
        set => inner.Bulk = value;
    }

    public void SetSize(MessageField field, int sizeBytes) => inner.SetSize(field, sizeBytes);

    public void SetReplySize(MessageField field, int sizeBytes) => inner.SetReplySize(field, sizeBytes);

    public void Set<T>(StructField<T> field, T value) where T : unmanaged =>
        _later.Add(() => inner.Set(field, value));

    public void SetBytes(MessageField field, byte[] bytes) => _later.Add(() => inner.SetBytes(field, bytes));

    public void SetString(StringField field, byte[] text) => _later.Add(() => inner.SetString(field, text));

    public void Later(Action action) => _later.Add(action);

    public Result<T> Get<T>(StructField<T> field) where T : unmanaged => inner.Get(field);

    public ReadOnlySpan<byte> GetBytes(MessageField field) => inner.GetBytes(field);

    public ValueTask<Errno> SendAsync(CancellationToken cancel)
    {
        inner.Pack();
        foreach (Action action in _later)
            action();
        return inner.SendAsync(cancel);
    }

    public void Dispose() => inner.Dispose();
}
