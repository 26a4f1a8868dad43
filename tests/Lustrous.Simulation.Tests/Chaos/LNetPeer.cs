using Lustrous.Libcfs;
using Lustrous.LNet;

namespace Lustrous.Simulation.Tests.Chaos;

/// <summary>
/// One node's part in random traffic: takes PUTs into appended buffers as a service does, serves GETs from a pattern,
/// and
/// sends both; checks every event against what was sent.
/// </summary>
sealed class LNetPeer(Simulation sim, SimNode node, Traffic model) : ILNetEventHandler
{
    public const int PutPortal = 40, GetPortal = 41;

    /// <summary>Bytes of the pattern that GETs read.</summary>
    public const int PatternBytes = 8192;

    const int RequestBufferBytes = 32 << 10, MaxRequestBytes = 4096;

    readonly LNetNode _lnet = node.LNet;
    readonly SimHost _host = node.Host;
    readonly Dictionary<MemoryDescriptor, PooledBuffer> _targets = [];

    public SimNode Node => node;

    public int OpenTargets => _targets.Count;

    /// <summary>Attaches the targets: two request buffers in line, and the pattern.</summary>
    public void Start() => _host.Call(() =>
    {
        AttachRequestBuffer();
        AttachRequestBuffer();
        PooledBuffer pattern = node.Context.Buffers.Take(PatternBytes);
        for (int i = 0; i < PatternBytes; i++)
            pattern.Span[i] = Traffic.PatternAt(node.Nid, i);
        Attach(GetPortal, pattern, PatternBytes, MdOptions.OpGet | MdOptions.ManageRemote | MdOptions.Truncate);
    });

    /// <summary>Begins one random operation.</summary>
    public void Act(LNetPeer to) => _host.Call(() =>
    {
        if (sim.Random.Next(3) == 0)
            Get(to);
        else
            Put(to, ackWanted: sim.Random.Next(2) == 0);
    });

    public void OnEvent(in LNetEvent e)
    {
        if (e.Descriptor.UserState is Operation operation)
        {
            operation.OnEvent(e);
            return;
        }
        if (e.Kind == LNetEventKind.Put)
        {
            // A status other than OK is a payload that broke off.
            if (e.Status == Errno.OK)
                model.Accepted(node, e, e.Descriptor.Fragments[0].Slice(e.Offset, e.MatchedLength).Span);
        }
        if (!e.Unlinked)
            return;
        Lassert.That(_targets.Remove(e.Descriptor, out PooledBuffer? buffer), "a target's last event came twice");
        buffer.Dispose();
        if (e.Kind == LNetEventKind.Put && node.IsUp && node.LNet == _lnet)
            AttachRequestBuffer();
    }

    void AttachRequestBuffer() => Attach(
        PutPortal, node.Context.Buffers.Take(RequestBufferBytes), RequestBufferBytes,
        MdOptions.OpPut | MdOptions.MaxSize);

    void Attach(int portal, PooledBuffer buffer, int length, MdOptions options)
    {
        var md = new MemoryDescriptor
        {
            Handler = this,
            Options = options,
            Threshold = -1,
            MaxSize = MaxRequestBytes,
        };
        md.SetSingle(buffer.Slice(0, length));
        _targets.Add(md, buffer);
        Errno status = _lnet.Attach(
            portal, LNetProcessId.Any, 0, ulong.MaxValue, MdUnlink.Unlink, MatchPosition.After, md);
        Lassert.That(status == Errno.OK);
    }

    void Put(LNetPeer to, bool ackWanted)
    {
        int length = sim.Random.Next(MaxRequestBytes);
        Operation operation = model.New(node, to.Node, length, ackWanted, isGet: false);
        operation.Fill();
        MemoryDescriptor md = operation.Descriptor(this, threshold: ackWanted ? 2 : 1);
        Errno status = _lnet.Put(
            md, operation.Skip, length, ackWanted, Idl.LNet.Nid.Any, to.Node.Id, PutPortal, operation.Id, 0,
            ~operation.Id);
        Lassert.That(status == Errno.OK, "a PUT was not begun");
        MaybeUnlink(operation);
    }

    void Get(LNetPeer to)
    {
        int length = 1 + sim.Random.Next(PatternBytes / 2);
        Operation operation = model.New(node, to.Node, length, ackWanted: true, isGet: true);
        MemoryDescriptor md = operation.Descriptor(this, threshold: 2);
        Errno status = _lnet.Get(md, Idl.LNet.Nid.Any, to.Node.Id, GetPortal, operation.Id, operation.RemoteOffset);
        Lassert.That(status == Errno.OK, "a GET was not begun");
        MaybeUnlink(operation);
    }

    /// <summary>
    /// Some operations are given up by hand at a random time: their memory is then ours again after the last event.
    /// </summary>
    void MaybeUnlink(Operation operation)
    {
        if (sim.Random.Next(10) != 0)
            return;
        operation.GivenUp = true;
        _ = _host.RunAsync(async () =>
        {
            await _host.Delay(TimeSpan.FromMicroseconds(sim.Random.Next(2000)));
            if (!operation.Ended)
                _lnet.Unlink(operation.Memory);
        });
    }
}
