using Lustrous.Clients.Lov;
using Lustrous.Clients.Mdc;
using Lustrous.Idl.Ldlm;
using Lustrous.Idl.Mdt;

namespace Lustrous.Llite;

// Where the file's data is, and for how long that may be believed. Source: ll_layout_conf, ll_layout_refresh in
// lustre/llite/file.c.
public sealed partial class LliteInode
{
    volatile bool _isLayoutOld;         // the LAYOUT lock is gone, and with it the promise
    volatile Task? _layoutChange;       // another layout is being put to use
    volatile LovOwnership _ownership = new(0, 0, 0);
    Errno _dataError;                   // guarded by _lock: why there is a layout and no data

    /// <summary>
    /// Whether the layout is as the MDT has it. A plain one is until its lock is lost; one that changes as the file is
    /// written, only under the lock.
    /// </summary>
    internal bool IsLayoutKnown => !IsRegular
        || (!_isLayoutOld && _layoutChange is null
            && (Data is not { Layout.MayGrow: true } || Holds(InodeBits.LAYOUT)));

    /// <summary>Why the file's data cannot be reached; OK where it can, or where there is none.</summary>
    internal Errno DataError
    {
        get
        {
            using (_lock.Enter())
                return _dataError;
        }
    }

    LovOwnership ILovObjectOwner.Ownership => _ownership;

    ValueTask<Errno> ILovObjectOwner.ChangeLayoutAsync(LayoutIntent wanted, CancellationToken cancel) =>
        _mount.RefreshLayoutAsync(this, wanted, cancel);

    /// <summary>The MDT says what the layout is; its lock, if one came along, is attached after.</summary>
    internal async ValueTask<Errno> SetLayoutAsync(byte[] layout, CancellationToken cancel)
    {
        LovObject? data;
        using (_lock.Enter())
        {
            _layout = layout;
            data = _data;
        }
        if (data is null)
        {
            OpenData(layout);
            return DataError;
        }
        return await data.SetLayoutAsync(layout, cancel);
    }

    /// <summary>Waits until a change of the layout that is under way is done.</summary>
    internal async ValueTask LayoutChangedAsync()
    {
        if (_layoutChange is { } change)
            await change;
    }

    void OpenData(byte[] layout)
    {
        Result<LovObject> opened = _mount.DataDevice.Open(Fid, layout, this);
        LovObject? second = null;
        using (_lock.Enter())
        {
            _dataError = opened.Error;
            if (opened.Failed)
                second = null;
            else if (_data is null)
                Volatile.Write(ref _data, opened.Value);
            else
                second = opened.Value;
        }
        if (opened.Failed)
            _mount.Context.Log.Error("llite", $"{Fid}: layout not understood: {opened.Error}");
        if (second is not null)
            _mount.Watch(DiscardAsync(second));
    }

    void ChangeLayout(LovObject data, byte[] layout)
    {
        ValueTask<Errno> change = data.SetLayoutAsync(layout, CancellationToken.None);
        if (change.IsCompletedSuccessfully)
            return;
        Task running = change.AsTask();
        _layoutChange = running;
        _mount.Watch(FinishChangeAsync(running));
    }

    async ValueTask FinishChangeAsync(Task running)
    {
        try
        {
            await running;
        }
        finally
        {
            _layoutChange = null;
        }
    }

    /// <summary>Under the lock.</summary>
    void NoteOwnership()
    {
        if ((_ownership.Uid, _ownership.Gid, _ownership.ProjectId)
            != (_attributes.Uid, _attributes.Gid, _attributes.ProjectId))
            _ownership = new LovOwnership(_attributes.Uid, _attributes.Gid, _attributes.ProjectId);
    }

    static async ValueTask DiscardAsync(LovObject data) => await data.CloseAsync(CancellationToken.None);
}
