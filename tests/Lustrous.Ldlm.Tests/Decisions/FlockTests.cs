using Lustrous.Idl.Ldlm;
using Lustrous.Ldlm.Server;
using Lustrous.Libcfs;
using Lustrous.Simulation;

namespace Lustrous.Ldlm.Tests.Decisions;

/// <summary>File locks: every short story of a few owners, and long ones at random, against a model of single
/// bytes.</summary>
public sealed class FlockTests
{
    static readonly LockMode[] s_modes = [LockMode.NL, LockMode.PR, LockMode.PW];

    [Fact]
    public void Every_story_of_two_owners_and_three_bytes() => Explore(owners: 2, files: 1, bytes: 3, depth: 3);

    [Fact]
    public void Every_story_of_three_owners_and_two_files_of_one_byte() =>
        Explore(owners: 3, files: 2, bytes: 1, depth: 4);

    [Fact]
    public void Long_stories_agree_with_a_model_of_single_bytes() => Seeds.Each(60, seed =>
    {
        var random = new SeededRandom(seed);
        int owners = 2 + random.Next(5);
        var world = new FlockWorld(owners, files: 3, bytes: 16);
        for (int step = 0; step < 400; step++)
        {
            int owner = random.Next(owners);
            if (world.IsWaiting(owner))
            {
                if (random.Next(4) == 0)
                    world.Interrupt(owner);
                continue;
            }
            if (random.Next(60) == 0)
            {
                world.Leave(owner);
                continue;
            }
            int start = random.Next(16), end = start + random.Next(16 - start);
            world.Do(new FlockCall(
                owner, random.Next(3), s_modes[random.Next(3)], start, end, NoWait: random.Next(6) == 0));
        }
        Assert.True(world.Waits > 20, $"only {world.Waits} waits");
        for (int owner = 0; owner < owners; owner++)
            world.Leave(owner);
        Assert.True(world.IsEmpty);
    });

    [Fact]
    public void Two_who_want_what_the_other_has_and_one_is_refused()
    {
        var world = new FlockWorld(owners: 2, files: 2, bytes: 4);
        Assert.Equal(EnqueueOutcome.Granted, world.Do(new FlockCall(0, 0, LockMode.PW, 0, 3)));
        Assert.Equal(EnqueueOutcome.Granted, world.Do(new FlockCall(1, 1, LockMode.PW, 0, 3)));
        Assert.Equal(EnqueueOutcome.Waiting, world.Do(new FlockCall(0, 1, LockMode.PR, 1, 1)));
        Assert.Equal(EnqueueOutcome.Deadlock, world.Do(new FlockCall(1, 0, LockMode.PR, 2, 2)));
        // The refused one goes on, and lets the other.
        Assert.Equal(EnqueueOutcome.Granted, world.Do(new FlockCall(1, 1, LockMode.NL, 0, 3)));
        Assert.False(world.IsWaiting(0));
    }

    [Fact]
    public void A_circle_that_closes_when_the_first_blocker_goes_is_refused_then()
    {
        var world = new FlockWorld(owners: 3, files: 2, bytes: 4);
        world.Do(new FlockCall(1, 0, LockMode.PR, 0, 3));
        world.Do(new FlockCall(2, 0, LockMode.PR, 1, 3));
        world.Do(new FlockCall(0, 1, LockMode.PW, 0, 0));
        Assert.Equal(EnqueueOutcome.Waiting, world.Do(new FlockCall(0, 0, LockMode.PW, 0, 3)));
        Assert.Equal(EnqueueOutcome.Waiting, world.Do(new FlockCall(2, 1, LockMode.PW, 0, 0)));
        Assert.Equal(0, world.Refusals);
        world.Do(new FlockCall(1, 0, LockMode.NL, 0, 3));
        Assert.Equal(1, world.Refusals);
    }

    /// <summary>Every sequence of calls; owners that wait make none.</summary>
    static void Explore(int owners, int files, int bytes, int depth)
    {
        var calls = new List<FlockCall>();
        for (int owner = 0; owner < owners; owner++)
        {
            for (int file = 0; file < files; file++)
            {
                foreach (LockMode mode in s_modes)
                {
                    for (int start = 0; start < bytes; start++)
                    {
                        for (int end = start; end < bytes; end++)
                            calls.Add(new FlockCall(owner, file, mode, start, end));
                    }
                }
            }
        }
        int refusals = 0, waits = 0;
        Go([]);
        Assert.True(waits > 0);
        Assert.True(files == 1 || refusals > 0);

        void Go(List<FlockCall> story)
        {
            var world = new FlockWorld(owners, files, bytes);
            foreach (FlockCall call in story)
            {
                if (world.IsWaiting(call.Owner))
                    return;
                world.Do(call);
            }
            refusals += world.Refusals;
            waits += world.Waits;
            if (story.Count == depth)
                return;
            foreach (FlockCall next in calls)
                Go([.. story, next]);
        }
    }
}
