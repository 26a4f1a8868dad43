namespace Lustrous.EndToEnd.Tests;

/// <summary>Somebody who is not root mounts.</summary>
[Collection("end to end")]
public sealed class UserMountTests
{
    /// <summary>nobody, whom every machine knows: fusermount3 asks for the name.</summary>
    const string AsUser = "setpriv --reuid=65534 --regid=65534 --clear-groups env HOME=/tmp";

    [Fact]
    public async Task An_ordinary_user_mounts_works_and_unmounts()
    {
        Needs.Tool("fusermount3");
        await using Cluster cluster = await StartAsync(osts: 1);
        string mine = cluster.MountPoint("mine"), root = await cluster.MountAsync("root");
        await Shell.OkAsync($"chmod 1777 {root}; chown 65534:65534 {mine}; mkdir {cluster.Folder}/user-run;"
            + $" chown 65534:65534 {cluster.Folder}/user-run");

        // Containers keep /dev/fuse for root: what this test sees of it is everybody's, as udev makes it. The mount is
        // to be seen by this script alone.
        await File.WriteAllTextAsync(Path.Combine(cluster.Folder, "script"), $"""
            set -e; cd {cluster.Folder}
            mknod fuse c 10 229; chmod 666 fuse; mount --bind fuse /dev/fuse
            {Mount(cluster, mine, "PATH=$PATH")}
            trap '{AsUser} fusermount3 -uz {mine}' EXIT
            {AsUser} sh -ec 'cd {mine}; echo mine > f; mkdir d; for i in 1 2 3; do seq $i$i$i > d/$i; done; cp -r d e'
            {AsUser} mv {mine}/f {mine}/g
            test "$(stat -c '%u %g' {root}/g)" = '65534 65534'
            test "$(cat {root}/g)" = mine
            echo theirs > {root}/h; chmod 600 {root}/h
            {AsUser} sh -c '! cat {mine}/h 2> /dev/null; test -e {mine}/h; ! rm -f {mine}/h 2> /dev/null'
            {AsUser} diff -r {mine}/d {root}/e
            trap - EXIT
            {AsUser} fusermount3 -u {mine}
            test -z "$(ls -A {mine})"
            """, TestContext.Current.CancellationToken);
        await Shell.OkAsync($"unshare -m sh {cluster.Folder}/script");
    }

    [Fact]
    public async Task Without_fusermount3_a_line_says_what_to_install()
    {
        await using Cluster cluster = await StartAsync(osts: 0);
        string mine = cluster.MountPoint("mine");
        await Shell.OkAsync($"chown 65534:65534 {mine}; mkdir {cluster.Folder}/user-run {cluster.Folder}/empty;"
            + $" chown 65534:65534 {cluster.Folder}/user-run");

        (int exitCode, string output) = await Shell.RunAsync(Mount(cluster, mine, $"PATH={cluster.Folder}/empty"));

        Assert.NotEqual(0, exitCode);
        Assert.Contains("mount as root, or install the package fuse3", output, StringComparison.Ordinal);
        Assert.Single(output.Trim().Split('\n'));
    }

    /// <summary>Servers; skips where nobody can be somebody else, or cannot read this program.</summary>
    static async Task<Cluster> StartAsync(int osts)
    {
        Needs.Fuse();
        Needs.Tool("setpriv");
        if (!Environment.IsPrivilegedProcess)
            Assert.Skip("only root can act as somebody else");
        (int exitCode, _) = await Shell.RunAsync(
            $"{AsUser} sh -c 'test -r {AppContext.BaseDirectory}/lustrous.dll && test -x {Environment.ProcessPath}'");
        if (exitCode != 0)
            Assert.Skip("others may not read this checkout");
        Cluster cluster = await Cluster.StartAsync(osts);
        await Shell.OkAsync($"chmod 755 {cluster.Folder}");
        return cluster;
    }

    static string Mount(Cluster cluster, string path, string environment) =>
        $"{AsUser} LUSTROUS_RUN_DIR={cluster.Folder}/user-run {environment} $(command -v dotnet)"
        + $" {AppContext.BaseDirectory}/lustrous.dll mount {cluster.MgsNid}:/{Cluster.FsName} {path}"
        + $" -o port={cluster.Port}";
}
