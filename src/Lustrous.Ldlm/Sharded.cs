using System.Diagnostics.CodeAnalysis;

namespace Lustrous.Ldlm;

/// <summary>A table that many threads look into: parted by hash, each part under its own short lock.</summary>
sealed class Sharded<TKey, TValue> where TKey : notnull where TValue : class
{
    const int ShardCount = 16;      // a power of two

    readonly Shard[] _shards = new Shard[ShardCount];
    readonly IEqualityComparer<TKey> _comparer;

    /// <param name="comparer">Of keys; a good hash, since its upper bits choose the part.</param>
    public Sharded(IEqualityComparer<TKey> comparer)
    {
        _comparer = comparer;
        for (int i = 0; i < ShardCount; i++)
            _shards[i] = new Shard(comparer);
    }

    public int Count
    {
        get
        {
            int count = 0;
            foreach (Shard shard in _shards)
            {
                using (shard.Lock.Enter())
                    count += shard.Items.Count;
            }
            return count;
        }
    }

    public bool TryGet(in TKey key, [NotNullWhen(true)] out TValue? value)
    {
        Shard shard = ShardOf(key);
        using (shard.Lock.Enter())
            return shard.Items.TryGetValue(key, out value);
    }

    /// <summary>Adds, unless there is one already: then that one.</summary>
    public TValue GetOrAdd(in TKey key, TValue made)
    {
        Shard shard = ShardOf(key);
        using (shard.Lock.Enter())
        {
            if (shard.Items.TryGetValue(key, out TValue? found))
                return found;
            shard.Items.Add(key, made);
            return made;
        }
    }

    /// <summary>Removes this very value.</summary>
    public bool Remove(in TKey key, TValue value)
    {
        Shard shard = ShardOf(key);
        using (shard.Lock.Enter())
        {
            return shard.Items.TryGetValue(key, out TValue? found) && ReferenceEquals(found, value)
                && shard.Items.Remove(key);
        }
    }

    /// <summary>All values, in no order to rely on.</summary>
    public List<TValue> ToList()
    {
        var all = new List<TValue>();
        foreach (Shard shard in _shards)
        {
            using (shard.Lock.Enter())
                all.AddRange(shard.Items.Values);
        }
        return all;
    }

    Shard ShardOf(in TKey key) => _shards[(int)((uint)_comparer.GetHashCode(key) >> 28)];

    sealed class Shard(IEqualityComparer<TKey> comparer)
    {
        public readonly RankedLock Lock = new(16, "ldlm_hash");
        public readonly Dictionary<TKey, TValue> Items = new(comparer);
    }
}
