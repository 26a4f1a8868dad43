using Lustrous.Idl.LNet;
using Lustrous.Idl.Ldlm;
using Lustrous.Idl.Mdt;
using Lustrous.Idl.Ost;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Idl.Quota;
using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Tests.WireTables;

public sealed class StructPrinterTests
{
    [Fact]
    public void Text_names_fields_as_C_does_without_the_prefix_and_hides_empty_reserved_ones()
    {
        var extent = new NiobufRemote { Offset = 4096, Length = 1024 };
        Assert.Equal("niobuf_remote{offset 4096 len 1024 flags 0}", extent.ToString());
        var identity = new MdtIoEpoch { OpenHandle = new LustreHandle(0xabc) };
        Assert.Equal("mdt_ioepoch{open_handle 0xabc}", identity.ToString());
        identity.Padding = 7;
        Assert.Equal("mdt_ioepoch{open_handle 0xabc padding 7}", identity.ToString());
    }

    [Fact]
    public void Json_has_numbers_strings_and_nested_objects()
    {
        var control = new ObdQuotactl { Id = 500, DqBlk = new ObdDqBlk { CurrentSpace = 1UL << 40 } };
        string json = StructPrinter.ToJson(in control);
        using var document = System.Text.Json.JsonDocument.Parse(json);
        Assert.Equal(500, document.RootElement.GetProperty("id").GetInt32());
        Assert.Equal(1L << 40, document.RootElement.GetProperty("dqblk").GetProperty("curspace").GetInt64());
    }

    [Fact]
    public void Text_ends_at_the_nul_and_odd_bytes_are_escaped()
    {
        PtlrpcBodyV3 body = default;
        "a\"b\x01"u8.CopyTo(body.JobId);
        Assert.Contains("jobid \"a\\x22b\\x01\"", body.ToString(), StringComparison.Ordinal);
        using var document = System.Text.Json.JsonDocument.Parse(StructPrinter.ToJson(in body));
        Assert.Equal("a\\x22b\\x01", document.RootElement.GetProperty("jobid").GetString());
    }

    [Fact]
    public void A_union_shows_the_view_that_holds()
    {
        var lockDesc = new LdlmLockDesc { RequestedMode = LockMode.PR };
        lockDesc.Resource.Type = LockType.Extent;
        lockDesc.PolicyData.Extent = new LdlmExtent { Start = 1, End = 2 };
        Assert.EndsWith("extent ldlm_extent{start 1 end 2 gid 0}}", lockDesc.ToString(), StringComparison.Ordinal);

        var header = new LNetHdrNid4 { Type = LNetMessageType.Get };
        header.Message.Get = new LNetGet { PortalIndex = 12 };
        Assert.Contains("get lnet_get{", header.ToString(), StringComparison.Ordinal);
        Assert.Contains("ptl_index 12", header.ToString(), StringComparison.Ordinal);
    }
}
