using System.Numerics;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Obdclass.Storage;
using Lustrous.Ptlrpc;
using Lustrous.Ptlrpc.Server;
using Lustrous.Target.Clients;
using Lustrous.Target.Grants;

namespace Lustrous.Target;

// Clients that come and go: mdt_connect_internal of lustre/mdt/mdt_handler.c, ofd_parse_connect_data of
// lustre/ofd/ofd_obd.c, tgt_client_new of lustre/target/tgt_lastrcvd.c.
public sealed partial class LuTarget
{
    Errno Connecting(Export export, in ObdConnectData asked, ref ObdConnectData reply)
    {
        if (CheckAsked(asked) is var refused and not Errno.OK)
            return refused;
        var data = export.TargetData as TargetExport;
        bool isNew = data is null;
        if (data is null)
            export.TargetData = data = new TargetExport(this);

        bool isLight = (reply.ConnectFlags & ConnectFlags.LIGHTWEIGHT) != 0;
        if (Recovery is { } recovery && isNew && !isLight
            && recovery.Connecting(export, Slots!.Find(export.ClientUuid)) is var busy and not Errno.OK)
            return busy;
        if (isNew && Slots is { } slots && !isLight
            && TakeSlot(slots, export, data, reply) is var full and not Errno.OK)
            return full;
        if (Grants is { } grants)
        {
            data.Grant ??= new GrantClient();
            OfferGrantParameters(ref reply);
            grants.Connect(data.Grant, ref reply, isNew);
        }
        if (!Device.Parameters.SeeksHoles)
            reply.ConnectFlags2 &= ~ConnectFlags2.LSEEK;
        if (Service.IsRecovering)
            data.FirstReplay = asked.Transno;
        return _hooks?.Connecting(export, asked, ref reply) ?? Errno.OK;
    }

    /// <summary>A client that was here before a restart finds its numbers again.</summary>
    Errno TakeSlot(LastRcvd slots, Export export, TargetExport data, in ObdConnectData reply)
    {
        if (slots.Find(export.ClientUuid) is { } known)
        {
            data.Slot = known;
            export.LastCommitted = known.LastTransno;
            return Errno.OK;
        }
        bool isMulti = (reply.ConnectFlags & ConnectFlags.MULTIMODRPCS) != 0;
        Result<ClientSlot> added = _context.FailPoints.Check(ObdFail.ClientAdd)
            ? Errno.ENOSPC
            : slots.Add(export.ClientUuid, isMulti ? reply.MaxModifyRpcs : 0);
        if (!added.Failed)
        {
            data.Slot = added.Value;
            data.IsSlotNew = true;
            return Errno.OK;
        }
        if (added.Error is not (Errno.ENOSPC or Errno.EROFS))
            return added.Error;
        // A full or read-only target still serves; after its restart this client is a new one.
        _context.Log.Warning(Name, $"client {export.ClientUuid} cannot be recovered after a restart: {added.Error}");
        return Errno.OK;
    }

    Errno CheckAsked(in ObdConnectData asked)
    {
        ConnectFlags flags = asked.ConnectFlags;
        if (Options.Kind == TargetKind.Mdt && (flags & ConnectFlags.FID) == 0)
            return Errno.EBADE;
        if (Options.Kind != TargetKind.Ost)
            return Errno.OK;
        // Only an MDT may tell an OST to keep orphans.
        if ((flags & ConnectFlags.SKIP_ORPHAN) != 0 && (flags & ConnectFlags.MDS) == 0)
            return Errno.EPROTO;
        if ((flags & ConnectFlags.INDEX) != 0 && asked.Index != Options.Index)
            return Errno.EBADF;
        return Errno.OK;
    }

    /// <summary>How space is used here, for clients that reckon with it.</summary>
    void OfferGrantParameters(ref ObdConnectData reply)
    {
        if ((reply.ConnectFlags & ConnectFlags.GRANT_PARAM) == 0)
            return;
        DtDeviceParameters parameters = Device.Parameters;
        reply.GrantBlockBits = (byte)parameters.BlockBits;
        reply.GrantInodeBits = (byte)(BitOperations.Log2((uint)parameters.InodeSpace - 1) + 1);
        reply.GrantExtentTaxKb = (ushort)(parameters.ExtentTax >> 10);
        reply.GrantMaxBlocks = (uint)parameters.MaxExtentBlocks;
    }

    void Disconnected(Export export, bool isEviction)
    {
        _hooks?.Disconnected(export, isEviction);
        if (export.TargetData is not TargetExport data)
            return;
        Recovery?.Disconnected(export);
        if (data.Grant is { } grant)
            Grants!.Discard(grant);
        // Who stops keeps its clients in mind: they come back after the restart. So does a known client whose connect
        // came to nothing.
        bool isForgotten = !Service.IsStopping && (export.ConnectCount > 0 || data.IsSlotNew);
        if (data.Slot is { } slot && isForgotten)
            Slots!.Remove(slot, LastTransno);
    }

    /// <summary>A client hears that it is connected only when a restart would find it: from then on nothing that it is
    /// answered may be lost.</summary>
    ValueTask<Errno> SettleAsync(Export export, CancellationToken cancel) =>
        export.TargetData is TargetExport { Slot: { IsDurable: false } } ? Device.SyncAsync(cancel) : new(Errno.OK);

    sealed class ClientHooks(LuTarget target) : IServiceTargetHooks
    {
        public Errno Connecting(Export export, in ObdConnectData asked, ref ObdConnectData reply) =>
            target.Connecting(export, asked, ref reply);

        public void Connected(Export export, bool isReconnect)
        {
            if (target.Recovery is { } recovery && export.TargetData is TargetExport { Slot: not null } data)
                recovery.Connected(export, data.FirstReplay);
            target._hooks?.Connected(export, isReconnect);
        }

        public ValueTask<Errno> SettleAsync(Export export, CancellationToken cancel) =>
            target.SettleAsync(export, cancel);

        public void Acknowledged(Export export, ulong lastXid)
        {
            if (export.TargetData is TargetExport { Slot: { } slot })
                target.Slots!.Acknowledge(slot, lastXid);
        }

        public void Disconnected(Export export, bool isEviction) => target.Disconnected(export, isEviction);

        public ulong KnownCookie(string clientUuid, ulong remoteHandle) => 0;
    }
}
