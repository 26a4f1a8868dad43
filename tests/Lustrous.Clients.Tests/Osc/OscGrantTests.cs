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
        grant.Sent(2 * Page, 2 * Page, unsent: null);
        Assert.Equal(CacheEntry.Entered, grant.Enter(Page, Page));
        Assert.Equal(CacheEntry.Wait, grant.Enter(Page, Page));         // the grant is used up, one page is dirty
        grant.Receive(new Obdo { Valid = MdtValid.FLGRANT, Grant = (ulong)Page }, Announce(grant));
        Assert.Equal(CacheEntry.Entered, grant.Enter(Page, Page));
    }

    [Fact]
    public void A_failed_write_has_cost_what_the_ost_may_have_reckoned()
    {
        OscGrant grant = Granted(2 * Page);
        Spend(grant);
        grant.Sent(Page, Page, Announce(grant));
        Assert.Equal((Page, Page), (grant.Available, grant.Total));
        var oa = new Obdo();
        grant.Announce(ref oa, wanted: 1 << 20);
        Assert.Equal((0u, (ulong)Page, 0UL), (oa.Misc, oa.Grant, oa.Blocks));
    }

    [Fact]
    public void What_never_went_out_or_went_to_a_life_before_costs_nothing()
    {
        OscGrant grant = Granted(2 * Page);
        Spend(grant);
        grant.Sent(Page, Page, default(GrantStamp));
        Assert.Equal(2 * Page, grant.Total);
        Spend(grant);
        GrantStamp before = Announce(grant);
        Assert.Equal(CacheEntry.Entered, grant.Enter(Page, Page));
        grant.Connected(Grants(5 * Page), wasEvicted: true);
        grant.Sent(Page, Page, before);
        grant.Drop(Page, Page);
        Assert.Equal((5 * Page, 5 * Page), (grant.Available, grant.Total));
    }

    [Fact]
    public void An_answer_from_before_a_connection_brings_no_grant()
    {
        OscGrant grant = Granted(2 * Page);
        GrantStamp before = Announce(grant);
        grant.Connected(Grants(3 * Page), wasEvicted: false);
        grant.Receive(new Obdo { Valid = MdtValid.FLGRANT, Grant = (ulong)Page }, before);
        grant.GiveBack(Page, before);
        Assert.Equal(3 * Page, grant.Total);
        grant.Receive(new Obdo { Valid = MdtValid.FLGRANT, Grant = (ulong)Page }, Announce(grant));
        Assert.Equal(4 * Page, grant.Total);
    }

    /// <summary>The OST has executed a write whose answer was lost, so that it knows of less than is put aside; the
    /// write is sent again, and costs again.</summary>
    [Fact]
    public void What_is_put_aside_beyond_the_grant_is_a_debt()
    {
        OscGrant grant = Granted(4 * Page);
        Spend(grant);
        Assert.Equal(CacheEntry.Entered, grant.Enter(3 * Page, 3 * Page));
        grant.Connected(Grants(3 * Page), wasEvicted: false);
        Assert.Equal(3 * Page, grant.Total);
        grant.Sent(Page, Page, unsent: null);
        Assert.Equal(2 * Page, grant.Total);
        Assert.Equal(CacheEntry.Wait, grant.Enter(Page, Page));
        var oa = new Obdo();
        grant.Announce(ref oa, wanted: 1 << 20);
        Assert.Equal((0UL, (ulong)(3 * Page)), (oa.Grant, oa.Blocks));
        grant.Drop(3 * Page, 3 * Page);
        Assert.Equal(2 * Page, grant.Available);
    }

    [Fact]
    public void A_reconnect_counts_what_is_dirty_against_the_grant_an_eviction_does_not()
    {
        OscGrant grant = Granted(10 * Page);
        grant.Enter(4 * Page, 4 * Page);
        ObdConnectData data = Grants(6 * Page);
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
                    grant.Sent(sent[^1] * Page, sent[^1] * Page, unsent: null);
                    granted -= sent[^1] * Page;
                    sent.RemoveAt(sent.Count - 1);
                    break;
                case 3:
                    granted += Page;
                    grant.Receive(new Obdo { Valid = MdtValid.FLGRANT, Grant = (ulong)Page }, Announce(grant));
                    break;
            }
            Assert.Equal(granted, grant.Total);
            Assert.True(grant.Dirty <= 40 * Page && grant.Available >= 0, $"seed {seed}");
        }
    });

    static void Spend(OscGrant grant)
    {
        Assert.Equal(CacheEntry.Entered, grant.Enter(Page, Page));
        grant.Send(Page, Page);
    }

    static GrantStamp Announce(OscGrant grant)
    {
        var oa = new Obdo();
        return grant.Announce(ref oa, wanted: 1 << 20);
    }

    static ObdConnectData Grants(long bytes) => new()
    {
        ConnectFlags = ConnectFlags.GRANT | ConnectFlags.GRANT_PARAM,
        Grant = (uint)bytes,
        GrantBlockBits = 12,
        GrantMaxBlocks = 1 << 20,
    };

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
