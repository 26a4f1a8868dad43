using System.Numerics;
using Lustrous.Idl.Ptlrpc;
using Lustrous.Obdclass.Storage;
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
        if (isNew && Options.IsReplayable && !isLight)
        {
            Result<ClientSlot> slot = Slots.Find(export.ClientUuid) is { } known
                ? known
                : Slots.Add(export.ClientUuid, export.Cookie, export.RemoteHandle);
            if (slot.Failed)
                return slot.Error;
            data.Slot = slot.Value;
        }
        if (Grants is { } grants)
        {
            data.Grant ??= new GrantClient();
            OfferGrantParameters(ref reply);
            grants.Connect(data.Grant, ref reply, isNew);
        }
        if (!Device.Parameters.SeeksHoles)
            reply.ConnectFlags2 &= ~ConnectFlags2.LSEEK;
        return _hooks?.Connecting(export, asked, ref reply) ?? Errno.OK;
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
        if (data.Grant is { } grant)
            Grants!.Discard(grant);
        if (data.Slot is { } slot)
            Slots.Remove(slot);
    }

    sealed class ClientHooks(LuTarget target) : IServiceTargetHooks
    {
        public Errno Connecting(Export export, in ObdConnectData asked, ref ObdConnectData reply) =>
            target.Connecting(export, asked, ref reply);

        public void Connected(Export export, bool isReconnect)
        {
            if (export.TargetData is TargetExport { Slot: { } slot })
            {
                slot.RemoteHandle = export.RemoteHandle;
                slot.Cookie = export.Cookie;
            }
            target._hooks?.Connected(export, isReconnect);
        }

        public void Disconnected(Export export, bool isEviction) => target.Disconnected(export, isEviction);

        public ulong KnownCookie(string clientUuid, ulong remoteHandle) =>
            target.Slots.Find(clientUuid) is { } slot && slot.RemoteHandle == remoteHandle ? slot.Cookie : 0;
    }
}
