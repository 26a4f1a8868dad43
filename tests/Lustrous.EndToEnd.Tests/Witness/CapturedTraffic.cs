using Lustrous.Echo.Tests.Witness;

namespace Lustrous.EndToEnd.Tests.Witness;

/// <summary>
/// A file system's life, captured: servers in three processes register and start, two mount, a tree goes in and comes
/// back through the other mount, names, attributes, stripes and conflicts, unmount, the servers stop.
/// </summary>
public sealed class CapturedTraffic : IAsyncLifetime
{
    const int Names = 300;

    readonly string _folder = Directory.CreateTempSubdirectory("lustrous-traffic-").FullName;
    LoopbackCapture? _capture;

    /// <summary>Why there is no capture; null when there is one.</summary>
    public string? Missing { get; private set; } = Needs.NoFuse;

    public int Port { get; private set; }

    public string Pcap => Path.Combine(_folder, "lo.pcap");

    public async ValueTask InitializeAsync()
    {
        if (Missing is not null)
            return;
        await using var cluster = new Cluster();
        Port = cluster.Port;
        (_capture, string reason) = await LoopbackCapture.StartAsync(Port, Pcap);
        if (_capture is null)
        {
            Missing = reason;
            return;
        }
        await cluster.MakeAsync("mdt0", "--mgs", "--mdt", "--index", "0");
        await cluster.ServeAsync("mdt0", 1);
        foreach (int i in (int[])[0, 1])
        {
            await cluster.MakeAsync(
                $"ost{i}", "--ost", "--index", $"{i}", "--mgsnode", cluster.MgsNid, "--device-size", "1G");
            await cluster.ServeAsync($"ost{i}", 2 + i);
        }
        string one = await cluster.MountAsync("one"), two = await cluster.MountAsync("two");
        await WorkAsync(cluster, one, two);
        await Shell.OkAsync($"umount {one} && umount {two}");
        foreach (LustrousProcess mount in cluster.Mounts)
            Assert.Equal(0, (await mount.EndAsync()).ExitCode);
        // OSTs are told of removed files once that is committed (5 s).
        await Task.Delay(TimeSpan.FromSeconds(7));
        foreach (LustrousProcess server in cluster.Servers.Reverse())
        {
            server.Interrupt();
            await server.EndAsync();
        }
        Missing = await _capture.StopAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_capture is not null)
            await _capture.StopAsync();
        Directory.Delete(_folder, recursive: true);
    }

    static async Task WorkAsync(Cluster cluster, string one, string two)
    {
        string tree = Path.Combine(cluster.Folder, "tree"), halves = Path.Combine(cluster.Folder, "halves");
        await Shell.OkAsync($"""
            set -e; mkdir -p {tree}/sub/deep; head -c 3000000 /dev/urandom > {tree}/large
            for i in $(seq 20); do head -c $((i * 1111)) /dev/urandom > {tree}/sub/f$i; done
            ln -s large {tree}/link; ln {tree}/large {tree}/hard; : > {tree}/sub/deep/empty; mkfifo {tree}/fifo
            head -c 2097152 /dev/urandom > {halves}
            """);
        // Stripes, and the tree there and back.
        await OkAsync(cluster, "lfs", "setstripe", "-c", "2", "-S", "1M", one);
        await Shell.OkAsync($"""
            set -e; cp -a {tree} {one}/tree; diff -r --no-dereference -x fifo {tree} {two}/tree; test -p {two}/tree/fifo
            test $(stat -c %Y {tree}/large) = $(stat -c %Y {two}/tree/large)
            """);
        await OkAsync(cluster, "lfs", "getstripe", $"{two}/tree/large");
        await OkAsync(cluster, "lfs", "setstripe", "-c", "1", "-i", "1", $"{one}/alone");
        await OkAsync(cluster, "lfs", "path2fid", $"{two}/alone");
        await OkAsync(cluster, "lfs", "df", one);
        // What both see of names, attributes and sizes.
        await Shell.OkAsync($"""
            set -e; df {two}; stat -f {one}
            echo first > {one}/f; test "$(cat {two}/f)" = first; echo second > {two}/f; test "$(cat {one}/f)" = second
            mv {one}/f {one}/g; mv {two}/g {two}/tree/g; ln {two}/tree/g {two}/h; rm {one}/tree/g; cat {two}/h
            mkdir {one}/d; test -d {two}/d; rmdir {two}/d; ln -s target {one}/l; test $(readlink {two}/l) = target
            chmod 640 {one}/h; chown 1000:1000 {two}/h; touch {one}/h; test $(stat -c %a,%u {one}/h) = 640,1000
            truncate -s 100000 {one}/tree/large; test $(stat -c %s {two}/tree/large) = 100000
            truncate -s 2500000 {two}/tree/large; test $(stat -c %s {one}/tree/hard) = 2500000
            fallocate -l 1048576 {one}/room; fallocate -p -o 4096 -l 8192 {one}/room; tail -c 1 {two}/room
            dd if={halves} of={one}/direct bs=1M oflag=direct; dd if={two}/direct of=/dev/null bs=1M iflag=direct
            ! cat {one}/none; ! rmdir {one}/tree; ! mkdir {two}/tree
            """);
        await Shell.OkAsync($"""
            set -e; mkdir {one}/many; cd {one}/many
            for i in $(seq {Names}); do : > a_name_that_is_not_so_short_$i; done
            test $(ls {two}/many | wc -l) = {Names}; test $(ls -l {two}/many | wc -l) = {Names + 1}
            rm {two}/many/*1; ls | wc -l
            """);
        File.WriteAllText(Path.Combine(one, "attributes"), "");
        await Shell.OkAsync($"""
            set -e; cd {one}; python3 -c '
            import os, sys
            one, two = sys.argv[1], sys.argv[2]
            os.setxattr(one, "user.a", b"1" * 100); os.setxattr(one, "user.b", b"2")
            assert set(os.listxattr(two)) >= set(["user.a", "user.b"]); assert os.getxattr(two, "user.b") == b"2"
            os.setxattr(two, "user.b", b"3" * 2000); assert os.getxattr(one, "user.b") == b"3" * 2000
            os.removexattr(one, "user.a"); assert "user.a" not in os.listxattr(two)
            ' {one}/attributes {two}/attributes
            """);
        // Both at one file, and the end of it all.
        await Shell.OkAsync($"""
            : > {one}/both
            dd if={halves} of={one}/both bs=64K count=16 conv=notrunc 2>/dev/null &
            dd if={halves} of={two}/both bs=64K count=16 skip=16 seek=16 conv=notrunc 2>/dev/null &
            (for i in $(seq 20); do echo one $i >> {one}/log; done) &
            (for i in $(seq 20); do echo two $i >> {two}/log; done) &
            wait; sync
            cmp {halves} {one}/both && cmp {halves} {two}/both && test $(wc -l < {one}/log) = 40 && rm -r {two}/tree
            """);
    }

    static async Task OkAsync(Cluster cluster, params string[] words)
    {
        (int exitCode, _, string errors) = await cluster.RunAsync(words);
        Assert.True(exitCode == 0, $"{string.Join(' ', words)}: {errors}");
    }
}
