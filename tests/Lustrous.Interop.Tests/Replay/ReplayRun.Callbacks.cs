using System.Runtime.InteropServices;
using Lustrous.Idl.Ldlm;
using Lustrous.Idl.LNet;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Interop.Tests.Compare;
using Lustrous.Interop.Tests.Recordings;
using Lustrous.Libcfs;
using Lustrous.Ptlrpc.Layout;
using Lustrous.Utils.Decode;

namespace Lustrous.Interop.Tests.Replay;

// Lock callbacks: they come when our servers want, and are answered as the recorded client answered.
sealed partial class ReplayRun
{
    readonly Dictionary<(Nid, uint, ulong), Queue<CallbackPair>> _callbacks = [];
    readonly Dictionary<RecordedMessage, CallbackPair> _pairs = [];
    readonly Dictionary<(Nid, ulong), ulong> _asked = [];       // the clients' cookies, by request
    readonly HashSet<ulong> _givenBack = [];                    // the clients' cookies

    sealed class CallbackPair(RecordedMessage callback, RecordedMessage? reply)
    {
        public RecordedMessage Callback => callback;

        public RecordedMessage? Reply => reply;

        public bool HasCome { get; set; }
    }

    void IndexCallbacks(Recording recording)
    {
        IndexCancels(recording);
        foreach (RecordedMessage callback in recording.Messages.Where(m => m.Kind == MessageKind.Callback))
        {
            RecordedMessage? reply = recording.Messages.FirstOrDefault(m =>
                m.Kind == MessageKind.CallbackReply && m.Client == callback.Client && m.Server == callback.Server
                && m.Header.MatchBits == callback.Header.MatchBits);
            (Nid, uint, ulong) key =
                (callback.Client, callback.Decoded.Body.Opcode, LockOf((MessagePart)callback.Decoded.Payload!));
            if (!_callbacks.TryGetValue(key, out Queue<CallbackPair>? queue))
                _callbacks[key] = queue = new();
            var pair = new CallbackPair(callback, reply);
            queue.Enqueue(pair);
            _pairs[callback] = pair;
        }
    }

    /// <summary>Locks that came with the news that somebody waits for them: their clients give them back without being
    /// asked, so that our servers may ask in words.</summary>
    void IndexCancels(Recording recording)
    {
        foreach (RecordedMessage message in recording.Messages)
        {
            var part = message.Decoded.Payload as MessagePart;
            if (message.Kind == MessageKind.Callback && part!.TryFind(out LdlmRequest completion)
                && (completion.Flags & (uint)LockFlags.AST_SENT) != 0)
                _givenBack.Add(LockOf(part));
            else if (message.Kind == MessageKind.Request && message.Decoded.Body.Opcode == (uint)LdlmOpcode.Enqueue)
                _asked[(message.Client, message.Xid)] = LockOf(part!);
            else if (message.Kind == MessageKind.Reply
                && _asked.TryGetValue((message.Client, message.Xid), out ulong handle)
                && part!.TryFind(out LdlmReply granted) && (granted.Flags & (uint)LockFlags.AST_SENT) != 0)
                _givenBack.Add(handle);
        }
    }

    /// <summary>The client's cookie of the lock; it chose that itself.</summary>
    static ulong LockOf(MessagePart callback) =>
        callback.Inner.SelectMany(part => part.Inner).OfType<StructPart<LustreHandle>>().First().Value.Cookie;

    async Task CallbackAsync(RecordedMessage callback)
    {
        CallbackPair pair = _pairs[callback];
        if (await WaitAsync(() => pair.HasCome))
            return;
        // No longer waited for: it would be taken for the next one of that lock.
        pair.HasCome = true;
        if (_lostLocks.TryGetValue(LockOf((MessagePart)callback.Decoded.Payload!), out string? reason))
            Book.AddFollower(reason, Where(callback));
        else
        {
            Book.Add(
                new Difference(callback.Name + " callback", "message", "sent", Difference.Nothing), Where(callback));
        }
    }

    void OnCallback(ReplayClient client, Arrived arrived)
    {
        MessagePart ours = Exchange.DecodeCallback(arrived.Bytes);
        Assert.True(ours.TryFind(out PtlrpcBodyV3 body));
        ulong handle = LockOf(ours);
        CallbackPair? pair = null;
        if (_callbacks.TryGetValue((client.Nid, body.Opcode, handle), out Queue<CallbackPair>? queue))
        {
            while (queue.Count > 0 && pair is null)
            {
                CallbackPair next = queue.Dequeue();
                pair = next.HasCome ? null : next;
            }
        }
        if (pair is not null)
        {
            pair.HasCome = true;
            CompareCallback(pair.Callback, ours);
        }
        else
        {
            Unrecorded(arrived, body.Opcode, handle);
        }
        Answer(client, arrived, pair?.Reply, isHeld: _givenBack.Contains(handle));
    }

    void Unrecorded(Arrived arrived, uint opcode, ulong handle)
    {
        byte[] copy = [.. arrived.Bytes];
        Assert.Equal(Errno.OK, LustreMessage.Parse(copy, out LustreMessage message));
        LockType type = Exchange.DecodeCallback(arrived.Bytes).TryFind(out LdlmRequest request)
            ? request.Desc.Resource.Type
            : 0;
        string name = OpcodeNames.OfRequest(message, opcode, type) + " callback";
        if (_lostLocks.TryGetValue(handle, out string? reason))
            Book.AddFollower(reason, $"{_recording} lock {handle:x}");
        else
            Book.Add(new Difference(name, "message", Difference.Nothing, "sent"), $"{_recording} lock {handle:x}");
    }

    /// <summary>As recorded. To what the kernel did not ask: that there is no such lock, or yes if the client gives it
    /// back by itself.</summary>
    void Answer(ReplayClient client, Arrived arrived, RecordedMessage? reply, bool isHeld)
    {
        byte[] bytes;
        if (reply is not null)
        {
            bytes = _rewriter.Rewrite(reply.Payload);
        }
        else
        {
            bytes = new byte[LustreMessage.Size([184])];
            LustreMessage made = LustreMessage.Format(bytes, [184]);
            ref PtlrpcBodyV3 body = ref MemoryMarshal.AsRef<PtlrpcBodyV3>(made.Buffer(0));
            body.Type = PtlrpcMessageType.Reply;
            body.Version = (uint)LustreMsgVersion.PTLRPC_MSG_VERSION;
            body.Status = isHeld ? 0 : -(int)Errno.EINVAL;
        }
        byte[] copy = [.. arrived.Bytes];
        Assert.Equal(Errno.OK, LustreMessage.Parse(copy, out LustreMessage request));
        int offset = (request.Flags & LustreMsgHeaderFlags.AT_SUPPORT) != 0 ? LustreMessage.EarlySize : 0;
        client.Send(arrived.From.Nid, Portals.LDLM_CB_REPLY_PORTAL, arrived.MatchBits, bytes, offset);
    }
}
