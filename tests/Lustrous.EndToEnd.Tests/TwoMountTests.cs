namespace Lustrous.EndToEnd.Tests;

/// <summary>Two mounts see each other at once.</summary>
[Collection("end to end")]
public sealed class TwoMountTests
{
    [Fact]
    public async Task Names_data_and_sizes_are_the_same_on_both_mounts()
    {
        await using Cluster cluster = await Cluster.StartAsync();
        string one = await cluster.MountAsync("one"), two = await cluster.MountAsync("two");

        await Shell.OkAsync($"""
            set -e
            echo first > {one}/f; test "$(cat {two}/f)" = first
            echo second > {two}/f; test "$(cat {one}/f)" = second
            mv {one}/f {one}/g; test ! -e {two}/f; test "$(cat {two}/g)" = second
            ln {two}/g {two}/h; test $(stat -c %h {one}/g) = 2
            rm {one}/g; test ! -e {two}/g; test "$(cat {two}/h)" = second
            mkdir {one}/d; rmdir {two}/d; test ! -e {one}/d
            chmod 600 {one}/h; test $(stat -c %a {two}/h) = 600
            : > {two}/h; test $(stat -c %s {one}/h) = 0
            ln -s target {one}/l; test $(readlink {two}/l) = target
            """);
    }

    [Fact]
    public async Task Appends_of_both_are_all_there()
    {
        await using Cluster cluster = await Cluster.StartAsync();
        string one = await cluster.MountAsync("one"), two = await cluster.MountAsync("two");

        await Shell.OkAsync($"""
            (for i in $(seq 100); do echo one $i >> {one}/log; done) &
            (for i in $(seq 100); do echo two $i >> {two}/log; done) &
            wait
            """);

        Assert.Equal("200\n", await Shell.OkAsync($"sort -u {one}/log | wc -l"));
        Assert.Equal("200\n", await Shell.OkAsync($"wc -l < {two}/log"));
    }

    [Fact]
    public async Task Writers_of_different_halves_do_not_hurt_each_other()
    {
        await using Cluster cluster = await Cluster.StartAsync();
        string one = await cluster.MountAsync("one"), two = await cluster.MountAsync("two");
        string halves = Path.Combine(cluster.Folder, "halves");
        await Shell.OkAsync($"head -c 8388608 /dev/urandom > {halves}");

        await Shell.OkAsync($"""
            : > {one}/f
            dd if={halves} of={one}/f bs=64K count=64 conv=notrunc 2>/dev/null &
            dd if={halves} of={two}/f bs=64K count=64 skip=64 seek=64 conv=notrunc 2>/dev/null &
            wait
            cmp {halves} {one}/f && cmp {halves} {two}/f
            """);
    }
}
