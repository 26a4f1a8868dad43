using System.Globalization;
using Lustrous.Idl.Ldlm;
using Lustrous.Interop.Tests.Compare;
using Lustrous.Interop.Tests.Recordings;
using Lustrous.Utils.Decode;

namespace Lustrous.Interop.Tests.Replay;

// Comparing: an answer of ours against the recorded one, in which theirs has been replaced by ours.
sealed partial class ReplayRun
{
    readonly Dictionary<ulong, string> _lostLocks = [];     // the client's cookies of locks that ours never granted
    readonly Dictionary<string, string> _lostNames = [];

    void Compare(Exchange exchange, RecordedMessage reply, Arrived arrived)
    {
        string name = exchange.Request.Name + " reply";
        Book.Compared++;
        MessagePart? ours = exchange.DecodeReply(arrived.Bytes);
        Assert.True(ours is not null, $"{name}: not a Lustre message");
        byte[] rewritten = _rewriter.Rewrite(reply.Payload, exchange.IsLlog);
        if (Older is { } older && TargetOfConnect(exchange) is { } target)
            rewritten = older.Grant(rewritten, target);
        List<Field> theirs = exchange.ReadReply(exchange.DecodeReply(rewritten)!);
        List<Field> own = exchange.ReadReply(ours);
        if (exchange.Opcode == (uint)Idl.Ptlrpc.OstOpcode.Read)
            CompareData(name, reply, ours, theirs, own);
        theirs.Add(Number("lnet.offset", reply.Header.Offset));
        own.Add(Number("lnet.offset", (uint)arrived.Offset));
        Follow(exchange, own);
        var comparison = new FieldComparison(
            Book, _rewriter, name, Where(reply), exchange.ReadReply(reply.Decoded.Payload!), theirs, own);
        if (exchange.LostReason is { } lost)
        {
            Book.AddFollower(lost, Where(reply));
            comparison.LearnOrLose(lost);
            if (!comparison.IsSame("ptlrpc_body.status"))
                LoseRequest(exchange, lost);
            return;
        }
        if (comparison.Stops())
        {
            Spread(exchange, comparison);
            return;
        }
        foreach (string field in (string[])["ptlrpc_body.status", "dlm_rep.policy_res2"])
        {
            if (comparison.AddDifference(field) is not { } reason || comparison.IsSuccess(field))
                continue;
            // What follows in the reply of a refusal says nothing.
            comparison.LearnOrLose(reason);
            LoseRequest(exchange, reason);
            return;
        }
        comparison.Run();
        if (comparison.LostLockReason is { } noLock)
            LoseLock(exchange, noLock);
    }

    /// <summary>The object is another one here: whatever is asked of it from now on is different too.</summary>
    void Spread(Exchange exchange, FieldComparison comparison)
    {
        if (comparison.SpreadingReason is not { } spreads)
            return;
        LoseRequest(exchange, spreads);
        if (FieldComparison.TryPair(comparison.Recorded("mdt_body.fid1"), out var fid))
            _rewriter.Lose(fid.Sequence, fid.Id, spreads);
    }

    /// <summary>Data inside of a reply: a kernel fills up the last page.</summary>
    void CompareData(string name, RecordedMessage reply, MessagePart ours, List<Field> theirs, List<Field> own)
    {
        byte[] kernel = DataOf((MessagePart)reply.Decoded.Payload!), bytes = DataOf(ours);
        theirs.RemoveAll(field => field.Path.StartsWith("short_io", StringComparison.Ordinal));
        own.RemoveAll(field => field.Path.StartsWith("short_io", StringComparison.Ordinal));
        if (bytes.Length > kernel.Length || !kernel.AsSpan(0, bytes.Length).SequenceEqual(bytes)
            || kernel.AsSpan(bytes.Length).ContainsAnyExcept((byte)0))
            Book.Add(new Difference(name, "short_io", $"{kernel.Length} bytes", "others"), Where(reply));
    }

    static byte[] DataOf(MessagePart reply)
    {
        if (reply.Inner.Count < 3)
            return [];
        var bytes = new byte[reply.Inner[2].Size];
        reply.Inner[2].Encode(bytes);
        return bytes;
    }

    void CompareCallback(RecordedMessage callback, MessagePart ours)
    {
        Book.Compared++;
        List<Field> theirs = FieldReader.Read(Exchange.DecodeCallback(_rewriter.Rewrite(callback.Payload)));
        new FieldComparison(
            Book, _rewriter, callback.Name + " callback", Where(callback),
            FieldReader.Read(callback.Decoded.Payload!), theirs, FieldReader.Read(ours)).Run();
    }

    void CompareBulk(Exchange exchange, RecordedMessage bulk, Arrived arrived)
    {
        Book.Compared++;
        string name = exchange.Request.Name + " bulk";
        if (exchange.LostReason is { } lost)
        {
            Book.AddFollower(lost, Where(bulk));
            return;
        }
        if (exchange.Opcode == (uint)Idl.Ptlrpc.OstOpcode.Read)
        {
            if (!bulk.Payload.AsSpan().SequenceEqual(arrived.Bytes))
                Book.Add(new Difference(name, "data", $"{bulk.Payload.Length} bytes", "others"), Where(bulk));
            return;
        }
        Part theirs = PayloadDecoder.DecodeBulk(_rewriter.Rewrite(bulk.Payload), exchange.Opcode);
        Part ours = PayloadDecoder.DecodeBulk(arrived.Bytes, exchange.Opcode);
        bool pages = exchange.Opcode == (uint)Idl.Ptlrpc.MdsOpcode.Readpage;
        List<Field> kernel = pages ? FieldReader.ReadDirectory(theirs) : FieldReader.Read(theirs);
        new FieldComparison(
            Book, _rewriter, name, Where(bulk), kernel, kernel,
            pages ? FieldReader.ReadDirectory(ours) : FieldReader.Read(ours)).Run();
    }

    /// <summary>A reply that never came: nothing of what the recorded one gave is known to our server.</summary>
    void LoseAll(Exchange exchange, RecordedMessage reply, string reason)
    {
        List<Field> fields = exchange.ReadReply(reply.Decoded.Payload!);
        new FieldComparison(Book, _rewriter, exchange.Request.Name + " reply", "", fields, fields, [])
            .LearnOrLose(reason);
        LoseRequest(exchange, reason);
    }

    /// <summary>What the request would have made, and the lock that it asked for, are not there.</summary>
    void LoseRequest(Exchange exchange, string reason)
    {
        LoseLock(exchange, reason);
        if (exchange.Opcode == (uint)Idl.Ptlrpc.MdsOpcode.Batch)
            return;
        foreach (Field field in exchange.ReadRequest())
        {
            if (field.Path == "name" && field.Value.Length > 0)
                _lostNames[field.Value] = reason;
            else if (field.Path == "rec_reint.fid2" && FieldComparison.TryPair(field.Value, out var fid))
                _rewriter.Lose(fid.Sequence, fid.Id, reason);
        }
    }

    void LoseLock(Exchange exchange, string reason)
    {
        if (exchange.Opcode is not ((uint)Idl.Ptlrpc.LdlmOpcode.Enqueue or (uint)Idl.Ptlrpc.MdsOpcode.Batch))
            return;
        foreach (Part part in WithInner(exchange.Part))
        {
            if (part is StructPart<Idl.Ptlrpc.LustreHandle> { Name: "lock_handle[0]" } handle)
                _lostLocks[handle.Value.Cookie] = reason;
        }
    }

    static IEnumerable<Part> WithInner(Part part) => part.Inner.SelectMany(WithInner).Prepend(part);

    string? LostName(RecordedMessage request)
    {
        if (_lostNames.Count == 0 || request.Decoded.Payload is not MessagePart part)
            return null;
        foreach (TextPart text in part.Inner.OfType<TextPart>())
        {
            if (_lostNames.TryGetValue(text.Text, out string? reason))
                return reason;
        }
        return null;
    }

    static Field Number(string path, uint value) => new(path, value.ToString(CultureInfo.InvariantCulture));
}
