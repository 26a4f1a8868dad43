namespace Lustrous.Osd.Disk;

// Objects that are used again and again, linked through themselves.
public sealed partial class DiskDevice
{
    readonly RankedLock _poolLock = new(78, "osd_disk_pool");
    DiskTransaction? _freeTransactions;         // guarded by _poolLock
    DiskBuffers? _freeBuffers;                  // guarded by _poolLock
    DiskDirectoryIterator? _freeIterators;      // guarded by _poolLock

    internal void Return(DiskTransaction transaction)
    {
        using (_poolLock.Enter())
        {
            transaction.NextFree = _freeTransactions;
            _freeTransactions = transaction;
        }
    }

    internal void Return(DiskBuffers buffers)
    {
        using (_poolLock.Enter())
        {
            buffers.NextFree = _freeBuffers;
            _freeBuffers = buffers;
        }
    }

    internal void Return(DiskDirectoryIterator iterator)
    {
        using (_poolLock.Enter())
        {
            iterator.NextFree = _freeIterators;
            _freeIterators = iterator;
        }
    }

    internal DiskDirectoryIterator TakeIterator()
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
        return new DiskDirectoryIterator(this);
    }

    DiskBuffers TakeBuffers()
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
        return new DiskBuffers(this);
    }

    DiskTransaction TakeTransaction()
    {
        DiskTransaction? transaction;
        using (_poolLock.Enter())
        {
            transaction = _freeTransactions;
            if (transaction is not null)
            {
                _freeTransactions = transaction.NextFree;
                transaction.NextFree = null;
            }
        }
        transaction ??= new DiskTransaction(this);
        transaction.Take();
        return transaction;
    }
}
