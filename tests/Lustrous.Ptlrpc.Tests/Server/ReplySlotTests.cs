using Lustrous.Idl.Ptlrpc;
using Lustrous.Libcfs;
using Lustrous.Ptlrpc.Server;

namespace Lustrous.Ptlrpc.Tests.Server;

/// <summary>Slots of modifying requests (<c>pb_tag</c>): one reply is kept for each, none is gone back to.</summary>
public sealed class ReplySlotTests
{
    [Fact]
    public void A_slot_used_again_drops_its_earlier_reply_and_no_other()
    {
        var cache = new ReplyCache();
        cache.Add(1, [1], tag: 5);
        cache.Add(2, [2], tag: 6);
        cache.Add(3, [3], tag: 5);
        Assert.False(cache.TryGet(1, out _));
        Assert.True(cache.TryGet(2, out _));
        Assert.True(cache.TryGet(3, out _));
        Assert.Equal((true, false, false), (cache.IsObsolete(1, 5), cache.IsObsolete(4, 5), cache.IsObsolete(1, 0)));
    }
}
