namespace Lustrous.EndToEnd.Tests;

/// <summary>setfacl and getfacl, and those whom ACLs let in or keep out, on two mounts.</summary>
[Collection("end to end")]
public sealed class AclTests
{
    [Fact]
    public async Task Acls_let_in_keep_out_are_inherited_and_copied()
    {
        Needs.Tool("setfacl");
        Needs.Tool("setpriv");
        if (!Environment.IsPrivilegedProcess)
            Assert.Skip("only root can act as somebody else");
        await using Cluster cluster = await Cluster.StartAsync(osts: 1);
        string one = await cluster.MountAsync("one"), two = await cluster.MountAsync("two");

        await Shell.OkAsync($$"""
            set -e; chmod 755 {{cluster.Folder}} {{one}}
            bob() { setpriv --reuid=1234 --regid=1234 --clear-groups "$@"; }
            echo secret > {{one}}/f; chmod 600 {{one}}/f
            ! bob cat {{two}}/f 2> /dev/null
            setfacl -m u:1234:r {{one}}/f
            test "$(bob cat {{two}}/f)" = secret
            test "$(bob cat {{one}}/f)" = secret
            ! bob sh -c 'echo x >> {{two}}/f' 2> /dev/null
            getfacl -cpE {{two}}/f | grep -qx 'user:1234:r--'
            test $(stat -c %a {{two}}/f) = 640
            chmod 600 {{two}}/f
            ! bob cat {{one}}/f 2> /dev/null
            getfacl -cp {{one}}/f | grep -q '^mask::---'
            chmod 640 {{two}}/f
            cp -a {{one}}/f {{two}}/copy
            getfacl -cpE {{one}}/copy | grep -qx 'user:1234:r--'
            setfacl -b {{one}}/f
            ! bob cat {{two}}/f 2> /dev/null
            """);
        await Shell.OkAsync($$"""
            set -e; umask 077
            mkdir {{one}}/d; chmod 755 {{one}}/d; setfacl -d -m u:1234:rwX {{one}}/d
            echo mine > {{two}}/d/g; mkdir {{two}}/d/below
            test $(stat -c %a {{one}}/d/g) = 664 || { stat -c %a {{one}}/d/g; getfacl -cp {{one}}/d/g; exit 1; }
            getfacl -cpE {{one}}/d/g | grep -qx 'user:1234:rwx'
            getfacl -cpE {{one}}/d/below | grep -qx 'default:user:1234:rwx'
            setpriv --reuid=1234 --regid=1234 --clear-groups sh -c 'echo his >> {{one}}/d/g'
            test "$(tail -1 {{two}}/d/g)" = his
            """);
    }
}
