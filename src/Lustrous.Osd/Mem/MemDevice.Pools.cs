namespace Lustrous.Osd.Mem;

// Objects that are used again and again, linked through themselves.
public sealed partial class MemDevice
{
    readonly RankedLock _poolLock = new(78, "osd_mem_pool");
    MemTransaction? _freeTransactions;          // guarded by _poolLock
    MemBuffers? _freeBuffers;                   // guarded by _poolLock
    MemDirectoryIterator? _freeIterators;       // guarded by _poolLock

    internal void Return(MemTransaction transaction)
    {
        using (_poolLock.Enter())
        {
            transaction.NextFree = _freeTransactions;
            _freeTransactions = transaction;
        }
    }

    internal void Return(MemBuffers buffers)
    {
        using (_poolLock.Enter())
        {
            buffers.NextFree = _freeBuffers;
            _freeBuffers = buffers;
        }
    }

    internal void Return(MemDirectoryIterator iterator)
    {
        using (_poolLock.Enter())
        {
            iterator.NextFree = _freeIterators;
            _freeIterators = iterator;
        }
    }

    internal MemBuffers TakeBuffers()
    {
        using (_poolLock.Enter())
        {
            if (_freeBuffers is { } buffers)
            {
                _freeBuffers = buffers.NextFree;
                buffers.NextFree = null;
                return buffers;
            }
        }
        return new MemBuffers(this);
    }

    internal MemDirectoryIterator TakeIterator()
    {
        using (_poolLock.Enter())
        {
            if (_freeIterators is { } iterator)
            {
                _freeIterators = iterator.NextFree;
                iterator.NextFree = null;
                return iterator;
            }
        }
        return new MemDirectoryIterator(this);
    }

    MemTransaction TakeTransaction()
    {
        MemTransaction? transaction;
        using (_poolLock.Enter())
        {
            transaction = _freeTransactions;
            if (transaction is not null)
            {
                _freeTransactions = transaction.NextFree;
                transaction.NextFree = null;
            }
        }
        transaction ??= new MemTransaction(this);
        transaction.Take();
        return transaction;
    }
}
