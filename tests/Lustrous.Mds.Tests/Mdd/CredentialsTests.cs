using Lustrous.Mds.Mdd;

namespace Lustrous.Mds.Tests.Mdd;

public sealed class CredentialsTests
{
    [Fact]
    public void Groups_are_those_of_the_request_and_those_that_the_server_knows()
    {
        var who = new Credentials(1000, 10, Capabilities.None, 11, Credentials.NoGid, 0);
        Assert.True(who.IsInGroup(10) && who.IsInGroup(11));
        Assert.False(who.IsInGroup(12) || who.IsInGroup(Credentials.NoGid));
        Credentials known = who with { Identities = new One(1000, 12) };
        Assert.True(known.IsInGroup(12) && known.IsInGroup(10));
        Assert.False(known.IsInGroup(13) || known.IsInGroup(Credentials.NoGid));
        Assert.False((known with { FsUid = 1001 }).IsInGroup(12));
    }

    sealed class One(uint user, uint group) : IIdentities
    {
        public bool IsInGroup(uint uid, uint gid) => uid == user && gid == group;
    }
}
