using Microsoft.Win32.SafeHandles;

namespace Lustrous.EndToEnd.Tests;

/// <summary>Programs that lock files, on two mounts.</summary>
[Collection("end to end")]
public sealed class FileLockTests
{
    const int Eagain = 11, Edeadlk = 35;

    [Fact]
    public async Task Flock_counts_on_both_mounts()
    {
        Needs.Tool("flock");
        await using Cluster cluster = await Cluster.StartAsync(osts: 1);
        string one = await cluster.MountAsync("one"), two = await cluster.MountAsync("two");

        // 200 times read, add one, write: what is not under the lock would be lost.
        await Shell.OkAsync($"""
            echo 0 > {one}/counter; : > {one}/lock
            add() (for i in $(seq 50); do flock $1/lock sh -c 'echo $(($(cat $0) + 1)) > $0' $1/counter; done)
            add {one} & add {two} & add {one} & add {two} & wait
            test $(cat {one}/counter) = 200
            test $(cat {two}/counter) = 200
            """);

        // Somebody has it: who may not wait is told, who waits gives up when told to, and whoever is left gets it.
        await Shell.OkAsync($"""
            flock {one}/lock sleep 2 &
            sleep 0.7
            ! flock -n {two}/lock true || exit 1
            flock -s -n {two}/lock true && exit 2
            timeout 0.4 flock {two}/lock true; test $? = 124 || exit 3
            flock {two}/lock true || exit 4
            wait
            flock -s {one}/lock flock -s -n {two}/lock true || exit 5
            """);
    }

    [Fact]
    public async Task Ranges_are_kept_tested_given_back_and_never_waited_for_in_a_circle()
    {
        await using Cluster cluster = await Cluster.StartAsync(osts: 1);
        string one = await cluster.MountAsync("one"), two = await cluster.MountAsync("two");
        await File.WriteAllTextAsync(one + "/f", "x");
        using SafeFileHandle here = FileLocks.Open(one + "/f", writes: true);
        using SafeFileHandle there = FileLocks.Open(two + "/f", writes: true);

        Assert.Equal(0, FileLocks.Call(here, FileLocks.SetLock, FileLocks.Write, 0, 100));
        Assert.Equal(Eagain, FileLocks.Call(there, FileLocks.SetLock, FileLocks.Read, 50, 100));
        Assert.Equal(0, FileLocks.Call(there, FileLocks.SetLock, FileLocks.Write, 100, 100));
        var asked = new FileLocks.Range { Type = FileLocks.Read, Start = 50, Length = 10 };
        Assert.Equal(0, FileLocks.Call(there, FileLocks.GetLock, ref asked));
        Assert.Equal((FileLocks.Write, 0L, 100L), (asked.Type, asked.Start, asked.Length));

        // Each waits for the other: one of them must be refused, the other gets what it wants.
        Task<int> first = Task.Run(() => FileLocks.Call(here, FileLocks.SetLockAndWait, FileLocks.Write, 100, 10));
        Task<int> second = Task.Run(() => FileLocks.Call(there, FileLocks.SetLockAndWait, FileLocks.Write, 0, 10));
        Task<int> refused = await Task.WhenAny(first, second).WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(Edeadlk, await refused);
        SafeFileHandle gaveUp = ReferenceEquals(refused, first) ? here : there;
        Assert.Equal(0, FileLocks.Call(gaveUp, FileLocks.SetLock, FileLocks.Unlock, 0, 0));
        Assert.Equal(0, await (ReferenceEquals(refused, first) ? second : first).WaitAsync(TimeSpan.FromSeconds(30)));

        // Closing any descriptor gives back all that the process has of the file, read-only or not.
        Assert.Equal(0, FileLocks.Call(gaveUp, FileLocks.SetLock, FileLocks.Read, 500, 10));
        string path = (ReferenceEquals(gaveUp, here) ? one : two) + "/f";
        FileLocks.Open(path, writes: false).Dispose();
        SafeFileHandle other = ReferenceEquals(gaveUp, here) ? there : here;
        Assert.Equal(0, FileLocks.Call(other, FileLocks.SetLock, FileLocks.Write, 500, 10));
    }
}
