using System.Buffers.Binary;
using Lustrous.Libcfs;
using Lustrous.Llite;

namespace Lustrous.Simulation.Tests.Cluster;

/// <summary>
/// Several mounts read and write blocks of the same few files at the same time; afterwards every read must have
/// returned the last write. A block holds its stamp over and over, so that a torn one shows.
/// </summary>
sealed class BlockWorkload(ClusterWorld world, int files)
{
    const int BlockSize = 4096;
    const int BlocksPerFile = 640;          // 2.5 MiB: over three stripes
    const int MostBlocksAtOnce = 40;

    readonly Dictionary<(int File, int Block), BlockHistory> _histories = [];
    readonly SeededRandom _random = world.Sim.Random;
    ulong _lastStamp;

    public async Task PrepareAsync()
    {
        for (int file = 0; file < files; file++)
        {
            string path = PathOf(file);
            Errno status = await world.Clients[0].RunAsync(posix => posix.CreateAsync(path, 0x1B6));
            Lassert.That(status == Errno.OK, $"create {path}: {status}");
        }
    }

    /// <summary>One mount's share.</summary>
    /// <param name="client">Which; it may die on the way.</param>
    /// <param name="operations">How many.</param>
    /// <param name="mayFail">The run evicts and partitions, so operations may fail.</param>
    public Task RunAsync(ClusterClient client, int operations, bool mayFail) => client.RunAsync(async posix =>
    {
        for (int i = 0; i < operations; i++)
        {
            int file = _random.Next(files);
            int first = _random.Next(BlocksPerFile);
            int count = 1 + _random.Next(Math.Min(MostBlocksAtOnce, BlocksPerFile - first));
            Errno status = _random.Next(8) switch
            {
                <= 3 => await WriteAsync(client, posix, file, first, count),
                4 => await SyncAsync(client, posix, file),
                _ => await ReadAsync(client, posix, file, first, count),
            };
            if (status != Errno.OK)
                client.LookForEvictions();
            Lassert.That(
                status == Errno.OK || mayFail || client.WasEvicted,
                $"client {client.Number} on {PathOf(file)}: {status}");
            if (status != Errno.OK)
                ForEachBlock(file, history => history.Doubt(client.Number));
            if (_random.Next(3) == 0)
                await world.Sim.Delay(TimeSpan.FromMilliseconds(_random.Next(20)));
        }
    });

    public void Check()
    {
        foreach (ClusterClient client in world.Clients.Where(client => !client.Node.IsUp || client.WasEvicted))
        {
            foreach (BlockHistory history in _histories.Values)
                history.Evicted(client.Number);
        }
        foreach (BlockHistory history in _histories.Values)
            history.Check();
    }

    async Task<Errno> WriteAsync(ClusterClient client, PosixClient posix, int file, int first, int count)
    {
        byte[] bytes = new byte[count * BlockSize];
        var writes = new BlockHistory.Write[count];
        for (int i = 0; i < count; i++)
        {
            ulong stamp = ++_lastStamp << 8 | (uint)client.Number;
            for (int k = 0; k < BlockSize; k += 8)
                BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(i * BlockSize + k), stamp);
            writes[i] = Of(file, first + i).BeginWrite(stamp, client.Number, world.Sim.Now);
        }
        Errno status = await posix.WriteAsync(PathOf(file), (long)first * BlockSize, bytes);
        if (status == Errno.OK)
        {
            foreach (BlockHistory.Write write in writes)
                write.Returned = world.Sim.Now;
        }
        return status;
    }

    async Task<Errno> ReadAsync(ClusterClient client, PosixClient posix, int file, int first, int count)
    {
        TimeSpan called = world.Sim.Now;
        Result<byte[]> read = await posix.ReadAsync(PathOf(file), (long)first * BlockSize, count * BlockSize);
        if (read.Failed)
            return read.Error;
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> block = read.Value.AsSpan(Math.Min(i * BlockSize, read.Value.Length));
            block = block[..Math.Min(BlockSize, block.Length)];
            ulong stamp = block.Length < 8 ? 0 : BinaryPrimitives.ReadUInt64LittleEndian(block);
            for (int k = 0; k + 8 <= block.Length; k += 8)
            {
                ulong word = BinaryPrimitives.ReadUInt64LittleEndian(block[k..]);
                Lassert.That(word == stamp,
                    $"client {client.Number} read a torn block {first + i} of {PathOf(file)}: {stamp:x} and {word:x}");
            }
            Of(file, first + i).AddRead(stamp, client.Number, called, world.Sim.Now);
        }
        return Errno.OK;
    }

    async Task<Errno> SyncAsync(ClusterClient client, PosixClient posix, int file)
    {
        TimeSpan before = world.Sim.Now;
        Errno status = await posix.FsyncAsync(PathOf(file));
        // What an eviction threw away was of files closed before: nobody is left to be told, as with any kernel.
        client.LookForEvictions();
        if (status == Errno.OK && !client.WasEvicted)
            ForEachBlock(file, history => history.Synced(client.Number, before));
        return status;
    }

    void ForEachBlock(int file, Action<BlockHistory> act)
    {
        foreach (((int of, _), BlockHistory history) in _histories)
        {
            if (of == file)
                act(history);
        }
    }

    BlockHistory Of(int file, int block)
    {
        if (!_histories.TryGetValue((file, block), out BlockHistory? history))
            _histories[(file, block)] = history = new BlockHistory($"{PathOf(file)} block {block}");
        return history;
    }

    static string PathOf(int file) => $"/shared{file}";
}
