using Lustrous.Idl.LNet;
using Lustrous.LNet;

namespace Lustrous.Ptlrpc.Bulk;

// The transfer: the client attaches its memory and waits, the server moves the data.
public sealed partial class BulkDescriptor
{
    // The first number is aligned to the client's step: 64 up to Lustre 2.15, 128 since.
    const ulong FirstMask = 63;

    /// <summary>
    /// Client: lets <paramref name="peer"/> at the memory, once per descriptor, and at nothing else
    /// (<c>ptlrpc_register_bulk</c>). Does nothing lasting when it fails.
    /// </summary>
    /// <param name="lnet">Our LNet.</param>
    /// <param name="peer">The server.</param>
    /// <param name="lastMatchBits">Match bits of the last descriptor, which is what the request carries.</param>
    /// <param name="owner">Told when all descriptors are unlinked.</param>
    internal Errno Register(LNetNode lnet, LNetProcessId peer, ulong lastMatchBits, IBulkOwner owner)
    {
        Lassert.That(Type is BulkType.PutSink or BulkType.GetSource && DescriptorCount > 0);
        Begin(lnet, owner, DescriptorCount);
        ulong matchBits = lastMatchBits - (uint)(DescriptorCount - 1);
        for (int i = 0; i < DescriptorCount; i++)
        {
            MemoryDescriptor md = Descriptor(i);
            md.Threshold = 1;
            md.Options = Type == BulkType.GetSource ? MdOptions.OpGet : MdOptions.OpPut;
            Errno status = lnet.Attach(
                (int)Portal, peer, matchBits + (uint)i, ignoreBits: 0, MdUnlink.Unlink, MatchPosition.After, md);
            if (status == Errno.OK)
            {
                _posted++;
                continue;
            }
            Interlocked.Exchange(ref _failed, 1);
            Abort();
            Abandon(DescriptorCount - i + 1);
            return status;
        }
        Leave();
        return Errno.OK;
    }

    /// <summary>
    /// Server: moves the data to or from the client's memory (<c>ptlrpc_start_bulk_transfer</c>). How many descriptors
    /// the client has attached follows from the match bits; where the data ends earlier, empty messages consume the
    /// rest.
    /// </summary>
    /// <param name="lnet">Our LNet.</param>
    /// <param name="self">Our address that the request came to.</param>
    /// <param name="peer">The client.</param>
    /// <param name="lastMatchBits"><c>pb_mbits</c> of the request, or its xid.</param>
    /// <param name="owner">Told when all is over.</param>
    /// <returns>EPROTO, and nothing starts, when the request's match bits promise less memory than the data needs.
    /// OK when it has started; the owner hears of the end even where LNet would take none of it.</returns>
    public Errno Start(LNetNode lnet, Nid self, LNetProcessId peer, ulong lastMatchBits, IBulkOwner owner)
    {
        Lassert.That(Type is BulkType.PutSource or BulkType.GetSink);
        ulong matchBits = lastMatchBits & ~FirstMask;
        ulong count = lastMatchBits - matchBits + 1;
        if (count > MaxDescriptors || count < (uint)DescriptorCount)
            return Errno.EPROTO;

        Begin(lnet, owner, (int)count);
        for (int i = 0; i < (int)count; i++)
        {
            MemoryDescriptor md = Descriptor(i);
            md.Threshold = 2;   // SEND, and ACK or REPLY
            md.Options = MdOptions.None;
            Errno status = Type == BulkType.PutSource
                ? lnet.Put(
                    md, 0, md.Length, ackWanted: true, self, peer, (int)Portal, matchBits + (uint)i, remoteOffset: 0,
                    headerData: 0)
                : lnet.Get(md, self, peer, (int)Portal, matchBits + (uint)i, remoteOffset: 0);
            if (status == Errno.OK)
            {
                Volatile.Write(ref _posted, i + 1);
                continue;
            }
            // No event follows for this one, and half a transfer is of no use.
            Interlocked.Exchange(ref _failed, 1);
            Abort();
            Abandon((int)count - i);
            break;
        }
        Leave();
        return Errno.OK;
    }

    /// <summary>Takes back what LNet still has. The owner hears of the end as ever; at once when nothing is under
    /// way.</summary>
    public void Abort()
    {
        if (!IsActive)
            return;
        int posted = Volatile.Read(ref _posted);
        for (int i = 0; i < posted; i++)
            _lnet!.Unlink(_descriptors[i]!);
    }

    void ILNetEventHandler.OnEvent(in LNetEvent e)
    {
        if (e.Status != Errno.OK || e.Kind == LNetEventKind.Unlink)
            Interlocked.Exchange(ref _failed, 1);
        else if (e.Kind != LNetEventKind.Send)
            Interlocked.Add(ref _transferred, e.MatchedLength);
        if (e.Unlinked)
            Abandon(1);
    }

    void Begin(LNetNode lnet, IBulkOwner owner, int count)
    {
        Lassert.That(!IsActive);
        (_lnet, _owner, _posted) = (lnet, owner, 0);
        _transferred = 0;
        _failed = 0;
        Volatile.Write(ref _pending, count + 1);    // one for the start itself
    }

    void Leave() => Abandon(1);

    void Abandon(int count)
    {
        if (Interlocked.Add(ref _pending, -count) == 0)
            _owner!.OnBulkEnded(this);
    }

    MemoryDescriptor Descriptor(int index)
    {
        MemoryDescriptor md = _descriptors[index] ??= new MemoryDescriptor();
        int first = index < DescriptorCount ? _firstFragment[index] : _fragmentCount;
        int count = index < DescriptorCount ? _firstFragment[index + 1] - first : 0;
        if (md.Fragments.Length < count)
            md.Fragments = new IoVec[Math.Max(count, 4)];
        int bytes = 0;
        for (int i = 0; i < count; i++)
        {
            md.Fragments[i] = _fragments[first + i];
            bytes += md.Fragments[i].Length;
        }
        md.FragmentCount = count;
        md.Length = bytes;
        md.Movable = null;
        md.Handler = this;
        return md;
    }
}
