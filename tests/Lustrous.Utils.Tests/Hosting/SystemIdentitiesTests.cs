using Lustrous.Utils.Hosting;

namespace Lustrous.Utils.Tests.Hosting;

public sealed class SystemIdentitiesTests
{
    [Fact]
    public void Groups_of_users_come_from_both_files()
    {
        string passwd = Path.GetTempFileName(), group = Path.GetTempFileName();
        File.WriteAllText(
            passwd, "root:x:0:0:root:/root:/bin/sh\nann:x:1000:100::/home/ann:/bin/sh\nbad\nbob:x:x:1::/:\n");
        File.WriteAllText(group, "users:x:100:\nteam:x:50:root,ann,nobody\nbroken:x:\nother:x:51:bob\n");
        var identities = new SystemIdentities(passwd, group);
        Assert.True(identities.IsInGroup(1000, 100));
        Assert.True(identities.IsInGroup(1000, 50));
        Assert.True(identities.IsInGroup(0, 50));
        Assert.False(identities.IsInGroup(1000, 51));
        Assert.False(identities.IsInGroup(1001, 50));
        File.Delete(passwd);
        File.Delete(group);
        Assert.False(new SystemIdentities(passwd, group).IsInGroup(1000, 50));
    }
}
