using static Lustrous.EndToEnd.Tests.FileLocks;
using static Lustrous.EndToEnd.Tests.Posix.Sys;

namespace Lustrous.EndToEnd.Tests.Posix;

/// <summary>flock(2) and fcntl(2) locks; files that are open when their name goes.</summary>
[Collection("posix")]
public sealed class LockChecks(PosixPlaces places)
{
    const short ReadLock = 0, WriteLock = 1;

    public static TheoryData<Place> Places => PosixPlaces.All;

    [Theory, MemberData(nameof(Places))]
    public async Task Flocks_keep_off_are_shared_changed_and_end_with_the_last_descriptor(Place place)
    {
        (string here, string there, _) = await places.FolderAsync(place);
        Put($"{here}/f", []);
        int one = MustOpen($"{here}/f", O_RDWR), two = MustOpen($"{there}/f", O_RDONLY);

        Assert.Equal(0, Flock(one, LOCK_SH));
        Assert.Equal(0, Flock(two, LOCK_SH | LOCK_NB));
        Assert.Equal(-EAGAIN, Flock(one, LOCK_EX | LOCK_NB));
        Assert.Equal(0, Flock(two, LOCK_UN));
        Assert.Equal(0, Flock(one, LOCK_EX | LOCK_NB));
        Assert.Equal(-EAGAIN, Flock(two, LOCK_SH | LOCK_NB));
        Task<int> waiter = Task.Run(() => Flock(two, LOCK_EX));
        Close(one);
        Assert.Equal(0, await waiter.WaitAsync(TimeSpan.FromSeconds(60)));
        Close(two);
    }

    [Theory, MemberData(nameof(Places))]
    public async Task Ranges_are_split_joined_and_given_back_by_who_dies(Place place)
    {
        (string here, string there, _) = await places.FolderAsync(place);
        Needs.Tool("perl");
        Put($"{here}/f", []);
        using var one = new LockingProcess($"{here}/f");
        using var two = new LockingProcess($"{there}/f");

        Assert.Equal(0, one.Lock(SetLock, WriteLock, 0, 100));
        Assert.Equal(EAGAIN, two.Lock(SetLock, ReadLock, 99, 1));
        Assert.Equal(0, two.Lock(SetLock, WriteLock, 100, 0));
        Assert.Equal(EAGAIN, one.Lock(SetLock, WriteLock, 1L << 40, 1));
        // A hole in the middle, and the rest to read.
        Assert.Equal(0, one.Lock(SetLock, Unlock, 40, 20));
        Assert.Equal(0, two.Lock(SetLock, WriteLock, 45, 10));
        Assert.Equal(EAGAIN, one.Lock(SetLock, ReadLock, 40, 20));
        Assert.Equal(0, one.Lock(SetLock, ReadLock, 0, 40));
        Assert.Equal(0, two.Lock(SetLock, ReadLock, 0, 40));
        Assert.Equal(EAGAIN, one.Lock(SetLock, WriteLock, 0, 1));
        Assert.Equal(EAGAIN, two.Lock(SetLock, ReadLock, 60, 1));
        one.Begin(SetLockAndWait, WriteLock, 0, 200);
        two.Kill();
        Assert.Equal(0, await one.ResultAsync());
    }

    [Theory, MemberData(nameof(Places))]
    public async Task Nobody_waits_in_a_circle_and_a_signal_ends_a_wait(Place place)
    {
        (string here, string there, _) = await places.FolderAsync(place);
        Needs.Tool("perl");
        Put($"{here}/f", []);
        using var one = new LockingProcess($"{here}/f");
        using var two = new LockingProcess($"{there}/f");
        Assert.Equal(0, one.Lock(SetLock, WriteLock, 0, 1));
        Assert.Equal(0, two.Lock(SetLock, WriteLock, 1, 1));

        one.Begin(SetLockAndWait, WriteLock, 1, 1);
        two.Begin(SetLockAndWait, WriteLock, 0, 1);
        Task<int> first = one.ResultAsync(), second = two.ResultAsync();
        Task<int> refused = await Task.WhenAny(first, second);
        Assert.Equal(EDEADLK, await refused);
        (LockingProcess loser, LockingProcess winner) = refused == first ? (one, two) : (two, one);
        Assert.Equal(0, loser.Lock(SetLock, Unlock, 0, 0));
        Assert.Equal(0, await (refused == first ? second : first));

        // It may not wait yet when the signal comes: so more of them, until it says that one has ended the wait.
        loser.Begin(SetLockAndWait, WriteLock, 0, 1);
        Task<int> interrupted = loser.ResultAsync();
        while (!interrupted.IsCompleted)
            await Shell.RunAsync($"kill -USR1 {loser.Id}");
        Assert.Equal(EINTR, await interrupted);
        Assert.Equal(0, winner.Lock(SetLock, Unlock, 0, 0));
        Assert.Equal(0, loser.Lock(SetLock, WriteLock, 0, 0));
    }

    [Theory, MemberData(nameof(Places))]
    public async Task An_open_file_outlives_its_name(Place place)
    {
        (string here, string there, _) = await places.FolderAsync(place);
        Put($"{here}/f", "before"u8);
        int one = MustOpen($"{here}/f", O_RDWR), two = MustOpen($"{there}/f", O_RDWR);

        Assert.Equal(0, Unlink($"{there}/f"));
        Assert.Equal(-ENOENT, Open($"{here}/f", O_RDONLY));
        Put($"{here}/f", "another"u8);
        byte[] read = new byte[6];
        Assert.Equal(6, Read(one, read, 0));
        Assert.Equal("before"u8, read);
        Assert.Equal(5, Write(two, "after"u8, 0));
        Assert.Equal(6, Read(one, read, 0));
        Assert.Equal("aftere"u8, read);
        Close(one);
        Assert.Equal(5, Write(two, "later"u8, 0));
        Close(two);
        Assert.Equal("another"u8, Get($"{there}/f"));
    }
}
