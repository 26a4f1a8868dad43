using CsCheck;
using Lustrous.Idl.LNet;
using Lustrous.Libcfs;
using Lustrous.LNet.Matching;
using Lustrous.LNet.Peers;

namespace Lustrous.LNet.Tests.Matching;

/// <summary>
/// The hashed match lists against the plainest possible ones: a single list, searched from the front.
/// </summary>
public sealed class MatchListTests
{
    static readonly Nid[] Nids = [Nid.Any, Support.TestWorld.Nid(1), Support.TestWorld.Nid(2)];

    /// <summary>One step: post a descriptor, send a message, or unlink one.</summary>
    sealed record Step(
        int What, int Nid, ulong Bits, ulong Ignore, bool Before, int Length, int Threshold, int Options, uint Offset);

    static readonly Gen<Step> Steps =
        from what in Gen.Int[0, 9]
        from nid in Gen.Int[0, 2]
        from bits in Gen.ULong[0, 5]
        from ignore in Gen.OneOf(Gen.Const(0ul), Gen.Const(0ul), Gen.ULong[0, 7], Gen.Const(~0ul))
        from before in Gen.Bool
        from length in Gen.Int[0, 40]
        from threshold in Gen.Int[-1, 3]
        from options in Gen.Int[1, 63]
        from offset in Gen.OneOf(Gen.UInt[0, 40], Gen.Const(uint.MaxValue))
        select new Step(what, nid, bits, ignore, before, length, threshold, options, offset);

    [Fact]
    public void They_choose_the_same_descriptor_and_the_same_bytes() =>
        Steps.Array[1, 150].Sample(Compare, iter: 300);

    [Fact]
    public void A_thousand_exact_entries_are_found_each_by_its_bits()
    {
        Portal portal = NewPortal();
        for (ulong i = 0; i < 1000; i++)
        {
            portal.Insert(NewMd(portal, new Step(0, 0, i << 20, 0, false, 10, 1, 1, 0)), MatchPosition.After);
        }
        for (ulong i = 0; i < 1000; i++)
        {
            var request = new MatchRequest { Operation = MdOptions.OpPut, MatchBits = i << 20, Length = 10 };
            MatchResult found = portal.Match(request);
            Assert.Equal((MatchOutcome.Found, i << 20), (found.Outcome, found.Descriptor.MatchBits));
        }
        Assert.Null(portal.Any());
    }

    static Portal NewPortal() => new(3, new PeerTable(10, static _ => false));

    static void Compare(Step[] steps)
    {
        Portal portal = NewPortal();
        List<MemoryDescriptor> model = [];
        foreach (Step step in steps)
        {
            if (step.What < 4)
                Post(portal, model, step);
            else if (step.What < 9)
                Send(portal, model, step);
            else if (model.Count > 0)
                Hide(portal, model, model[(int)(step.Bits % (uint)model.Count)]);
        }
        while (portal.Any() is { } left)
        {
            Assert.Contains(left, model);
            Hide(portal, model, left);
        }
        Assert.Empty(model);
    }

    static void Post(Portal portal, List<MemoryDescriptor> model, Step step)
    {
        MemoryDescriptor md = NewMd(portal, step);
        MatchPosition position = step.Before ? MatchPosition.Before : MatchPosition.After;
        using (portal.Lock.Enter())
            portal.Insert(md, position);
        model.Insert(step.Before ? 0 : model.Count, md);
    }

    static void Hide(Portal portal, List<MemoryDescriptor> model, MemoryDescriptor md)
    {
        using (portal.Lock.Enter())
        {
            portal.Hide(md);
            portal.Hide(md);
        }
        model.Remove(md);
    }

    static void Send(Portal portal, List<MemoryDescriptor> model, Step step)
    {
        var request = new MatchRequest
        {
            Operation = step.Before ? MdOptions.OpPut : MdOptions.OpGet,
            Initiator = Support.TestWorld.Id(Nids[Math.Max(1, step.Nid)]),
            MatchBits = step.Bits,
            RemoteOffset = step.Offset,
            Length = step.Length,
        };
        (MemoryDescriptor? expected, int offset, int length) = Choose(model, request);
        MatchResult match;
        using (portal.Lock.Enter())
            match = portal.Match(request);
        if (expected is null)
        {
            Assert.Equal(length < 0 ? MatchOutcome.TooBig : MatchOutcome.None, match.Outcome);
            return;
        }
        Assert.Equal(MatchOutcome.Found, match.Outcome);
        Assert.Same(expected, match.Descriptor);
        Assert.Equal((offset, length), (match.Offset, match.Length));
        Assert.InRange((long)match.Offset + match.Length, 0, expected.Length);
        if (expected.Zombie)
            model.Remove(expected);
    }

    /// <summary>
    /// LNet's rules, said once more and slowly: entries with ignore bits first, then the others, in order.
    /// </summary>
    static (MemoryDescriptor?, int Offset, int Length) Choose(List<MemoryDescriptor> model, MatchRequest request)
    {
        foreach (MemoryDescriptor md in model.Where(m => m.IgnoreBits != 0).Concat(model.Where(m => m.IgnoreBits == 0)))
        {
            bool spent = md.Threshold == 0
                || (md.Options.HasFlag(MdOptions.MaxSize) && md.Length - md.CurrentOffset < md.MaxSize);
            bool bitsFit = (md.MatchBits & ~md.IgnoreBits) == (request.MatchBits & ~md.IgnoreBits);
            bool sourceFits = md.MatchId.Nid.IsAny || md.MatchId.Nid == request.Initiator.Nid;
            if (spent || !md.Options.HasFlag(request.Operation) || !bitsFit || !sourceFits)
                continue;
            long offset = md.Options.HasFlag(MdOptions.ManageRemote) ? request.RemoteOffset : md.CurrentOffset;
            long room = md.Length - offset;
            if (md.Options.HasFlag(MdOptions.MaxSize))
                room = Math.Min(room, md.MaxSize);
            if (room < 0 || (room < request.Length && !md.Options.HasFlag(MdOptions.Truncate)))
                return (null, 0, -1);
            return (md, (int)offset, (int)Math.Min(room, request.Length));
        }
        return (null, 0, 0);
    }

    static unsafe MemoryDescriptor NewMd(Portal portal, Step step)
    {
        var md = new MemoryDescriptor
        {
            Options = (MdOptions)step.Options,
            Threshold = step.Threshold,
            MaxSize = step.Length / 3,
        };
        md.SetSingle(new IoVec(null, step.Length));
        md.ResetLink(portal);
        md.MatchId = new LNetProcessId(Nids[step.Nid], LNetProcessId.AnyPid);
        md.MatchBits = step.Bits;
        md.IgnoreBits = step.Ignore;
        md.AutoUnlink = true;
        return md;
    }
}
