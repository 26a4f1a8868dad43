using Lustrous.Idl.Ptlrpc;
using Lustrous.Target.Services;
using Xunit;

namespace Lustrous.Target.Tests;

/// <summary>The portals of a server.</summary>
public sealed class ServicesTests
{
    [Fact]
    public void A_node_that_serves_everything_has_one_service_a_portal()
    {
        uint[] portals = [.. TargetServices.OptionsOf(ServerRoles.All).Select(options => options.RequestPortal)];
        Assert.Equal(portals.Length, portals.Distinct().Count());
        Assert.Superset(
            new HashSet<uint>
            {
                Portals.LDLM_CANCEL_REQUEST_PORTAL, Portals.MGS_REQUEST_PORTAL, Portals.MDS_REQUEST_PORTAL,
                Portals.MDS_READPAGE_PORTAL, Portals.SEQ_CONTROLLER_PORTAL, Portals.SEQ_METADATA_PORTAL,
                Portals.FLD_REQUEST_PORTAL, Portals.OST_REQUEST_PORTAL, Portals.OST_CREATE_PORTAL,
                Portals.OST_IO_PORTAL, Portals.SEQ_DATA_PORTAL, Portals.OUT_PORTAL,
            },
            portals.ToHashSet());
    }

    [Theory]
    [InlineData(ServerRoles.Mgs, 2)]
    [InlineData(ServerRoles.Mds, 8)]
    [InlineData(ServerRoles.Oss, 6)]
    [InlineData(ServerRoles.None, 0)]
    public void A_role_has_its_own(ServerRoles role, int count) =>
        Assert.Equal(count, TargetServices.OptionsOf(role).Count);

    [Fact]
    public void A_request_as_large_as_allowed_fits_into_a_buffer()
    {
        foreach (var options in TargetServices.OptionsOf(ServerRoles.All))
            Assert.True(options.BufferSize >= options.MaxRequestSize, options.Name);
    }
}
