using Lustrous.Clients.Osc;
using Lustrous.Idl.Mdt;
using Lustrous.Idl.Ost;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Simulation;
using Xunit;

namespace Lustrous.Clients.Tests.Osc;

public sealed class OscGrantTests
{
    const long Page = 4096;

    [Fact]
    public void Without_grant_pages_are_written_through()
    {
        var grant = new OscGrant(1 << 20);
        Assert.Equal(CacheEntry.Sync, grant.Enter(Page, Page));
        grant.Connected(new ObdConnectData { ConnectFlags = ConnectFlags.GRANT, Grant = 0 }, wasEvicted: false);
        Assert.Equal(CacheEntry.Sync, grant.Enter(Page, Page));
    }

    [Fact]
    public void A_piece_costs_whole_blocks_and_a_tax_for_each_extent()
    {
        OscGrant grant = Granted(1 << 30, blockBits: 16, taxKb: 4, maxBlocks: 64);
        Assert.Equal((64 << 10) + (4 << 10), grant.CostOf(0, 1));
        Assert.Equal((128 << 10) + (4 << 10), grant.CostOf(65535, 65537));
        Assert.Equal((8 << 20) + (2 * (4 << 10)), grant.CostOf(0, 8 << 20));
        Assert.Equal(2 * ((64 << 10) + (4 << 10)), grant.CostOfPages(0, 1UL | (1UL << 20)));
    }

    [Fact]
    public void Room_comes_back_when_pages_are_sent_and_grant_with_the_reply()
    {
        OscGrant grant = Granted(3 * Page, maxDirty: 2 * Page);
        Assert.Equal(CacheEntry.Entered, grant.Enter(Page, Page));
        Assert.Equal(CacheEntry.Entered, grant.Enter(Page, Page));
        Assert.Equal(CacheEntry.Wait, grant.Enter(Page, Page));         // two dirty pages at most
        grant.Send(2 * Page, 2 * Page);
        Assert.Equal(CacheEntry.Wait, grant.Enter(Page, Page));
        grant.Sent(2 * Page, 2 * Page, failed: false);
        Assert.Equal(CacheEntry.Entered, grant.Enter(Page, Page));
        Assert.Equal(CacheEntry.Wait, grant.Enter(Page, Page));         // the grant is used up, one page is dirty
        grant.Receive(new Obdo { Valid = MdtValid.FLGRANT, Grant = (ulong)Page });
        Assert.Equal(CacheEntry.Entered, grant.Enter(Page, Page));
    }

    [Fact]
    public void A_failed_write_loses_its_grant_and_says_so()
    {
        OscGrant grant = Granted(2 * Page);
        grant.Enter(Page, Page);
        grant.Send(Page, Page);
        grant.Sent(Page, Page, failed: true);
        var oa = new Obdo();
        grant.Announce(ref oa, wanted: 1 << 20);
        Assert.Equal((uint)Page, oa.Misc);
        Assert.Equal((ulong)Page, oa.Grant);
        Assert.Equal(0UL, oa.Blocks);
        Assert.Equal(0, grant.Lost);
    }

    [Fact]
    public void A_reconnect_counts_what_is_dirty_against_the_grant_an_eviction_does_not()
    {
        OscGrant grant = Granted(10 * Page);
        grant.Enter(4 * Page, 4 * Page);
        var data = new ObdConnectData { ConnectFlags = ConnectFlags.GRANT, Grant = (uint)(6 * Page) };
        grant.Connected(data, wasEvicted: false);
        Assert.Equal(2 * Page, grant.Available);
        Assert.Equal(6 * Page, grant.Total);
        grant.Drop(4 * Page, 4 * Page);
        grant.Connected(data, wasEvicted: true);
        Assert.Equal(6 * Page, grant.Available);
    }

    [Fact]
    public void Random_steps_never_use_more_than_was_granted() => Seeds.Each(50, seed =>
    {
        var random = new Libcfs.SeededRandom(seed);
        long granted = 64 * Page;
        OscGrant grant = Granted(granted, maxDirty: 40 * Page);
        var dirty = new List<long>();
        var sent = new List<long>();
        for (int i = 0; i < 2000; i++)
        {
            long pages = 1 + random.Next(8);
            switch (random.Next(4))
            {
                case 0 when grant.Enter(pages * Page, pages * Page) == CacheEntry.Entered:
                    dirty.Add(pages);
                    break;
                case 1 when dirty.Count > 0:
                    grant.Send(dirty[^1] * Page, dirty[^1] * Page);
                    sent.Add(dirty[^1]);
                    dirty.RemoveAt(dirty.Count - 1);
                    break;
                case 2 when sent.Count > 0:
                    grant.Sent(sent[^1] * Page, sent[^1] * Page, failed: false);
                    granted -= sent[^1] * Page;
                    sent.RemoveAt(sent.Count - 1);
                    break;
                case 3:
                    granted += Page;
                    grant.Receive(new Obdo { Valid = MdtValid.FLGRANT, Grant = (ulong)Page });
                    break;
            }
            Assert.Equal(granted, grant.Total);
            Assert.True(grant.Dirty <= 40 * Page && grant.Available >= 0, $"seed {seed}");
        }
    });

    static OscGrant Granted(
        long bytes, long maxDirty = 1L << 30, byte blockBits = 12, ushort taxKb = 0, uint maxBlocks = 1 << 20)
    {
        var grant = new OscGrant(maxDirty);
        grant.Connected(new ObdConnectData
        {
            ConnectFlags = ConnectFlags.GRANT | ConnectFlags.GRANT_PARAM,
            Grant = (uint)bytes,
            GrantBlockBits = blockBits,
            GrantExtentTaxKb = taxKb,
            GrantMaxBlocks = maxBlocks,
        }, wasEvicted: false);
        return grant;
    }
}
