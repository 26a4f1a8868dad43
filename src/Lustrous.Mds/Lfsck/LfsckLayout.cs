using System.Collections;
using Lustrous.Clients.Osp;
using Lustrous.Idl.Fids;
using Lustrous.Mds.Lod;
using Lustrous.Mds.Mdt;
using Lustrous.Obdclass.Storage;

namespace Lustrous.Mds.Lfsck;

/// <summary>
/// Layouts of files against the objects that OSTs have: a layout that names an object which is not there dangles; an
/// object that files may have, and none has, is an orphan. Both are told; neither is touched.
/// </summary>
/// <remarks>Phase 1 goes through the layouts, phase 2 asks each OST for each object up to the last one that a file was
/// given before phase 1 began: of these none becomes anybody's meanwhile. Source of the output:
/// lustre/lfsck/lfsck_layout.c.</remarks>
sealed partial class LfsckLayout(MdtDevice mdt, LodDevice lod) : LfsckComponent(mdt.Context, mdt.Name)
{
    const int AskedAtOnce = 16;
    const int Patience = 5;

    /// <summary>The first object of a sequence is made when it begins, and no file is given it
    /// (<c>LUSTRE_FID_INIT_OID</c>).</summary>
    const uint FirstOfFiles = 2;

    /// <summary>The objects of one OST in its present sequence.</summary>
    sealed class OstObjects(OspDevice ost, Fid last)
    {
        public OspDevice Ost => ost;

        public Fid Last => last;

        /// <summary>Which of them files have.</summary>
        public BitArray Referenced { get; } = new((int)Math.Min(last.ObjectId + 1, int.MaxValue));

        public bool Covers(Fid fid) => fid.Sequence == last.Sequence
            && fid.ObjectId >= FirstOfFiles && fid.ObjectId <= last.ObjectId;
    }

    readonly List<OstObjects> _osts = [];
    readonly HashSet<Fid> _missing = [];        // objects that OSTs do not have, and layouts name
    long _dangling, _orphans;

    public override long RepairedCount => 0;

    protected override void Reset()
    {
        _dangling = _orphans = 0;
        _missing.Clear();
        _osts.Clear();
        foreach (OspDevice ost in lod.Osts)
            _osts.Add(new OstObjects(ost, ost.LastUsed));
    }

    protected override async ValueTask<Errno> ScanAsync(CancellationToken cancel)
    {
        Errno error = await EachFileAsync(NoteAsync, cancel);
        if (error != Errno.OK)
            return error;
        BeginPhase2();
        foreach (OstObjects objects in _osts)
        {
            error = await AskAsync(objects, cancel);
            if (error != Errno.OK)
                return error;
        }
        return _missing.Count == 0 ? Errno.OK : await EachFileAsync(TellDanglingAsync, cancel);
    }

    async ValueTask<Errno> EachFileAsync(
        Func<Fid, List<(uint Ost, Fid Fid)>, CancellationToken, ValueTask<Errno>> check, CancellationToken cancel)
    {
        var objects = new List<(uint Ost, Fid Fid)>();
        foreach (Result<Fid> listed in mdt.Storage.ListObjects())
        {
            if (listed.Failed)
                Missed("some objects cannot be listed");
            if (listed.Failed || !listed.Value.IsSane || !listed.Value.IsNamespaceVisible)
                continue;
            Errno error = ListObjects(listed.Value, objects);
            if (error == Errno.OK && objects.Count > 0)
                error = await check(listed.Value, objects, cancel);
            if (error != Errno.OK)
                Failed($"the layout of {listed.Value} cannot be checked: {error}");
            error = await StepAsync(error, cancel);
            if (error != Errno.OK)
                return error;
        }
        return Errno.OK;
    }

    Errno ListObjects(Fid file, List<(uint Ost, Fid Fid)> objects)
    {
        objects.Clear();
        Result<IDtObject> found = mdt.Storage.Find(file);
        if (found.Failed)
            return found.Error == Errno.ENOENT ? Errno.OK : found.Error;
        if (found.Value.Kind != DtObjectKind.Regular)
            return Errno.OK;
        Result<int> length = found.Value.GetXattr(DtXattr.Lov, default);
        if (length.Failed)
            return length.Error == Errno.ENODATA ? Errno.OK : length.Error;
        byte[] lov = new byte[length.Value];
        length = found.Value.GetXattr(DtXattr.Lov, lov);
        return length.Failed ? length.Error : LodDevice.ListObjects(lov, objects);
    }

    async ValueTask<Errno> NoteAsync(Fid file, List<(uint Ost, Fid Fid)> objects, CancellationToken cancel)
    {
        foreach ((uint index, Fid fid) in objects)
        {
            OstObjects? on = _osts.Find(one => one.Ost.Index == index);
            if (on is null)
            {
                Found(ref _dangling, $"{file} has an object on an OST {index:x4} that is not known");
                continue;
            }
            if (on.Covers(fid))
            {
                on.Referenced[(int)fid.ObjectId] = true;
                continue;
            }
            // Of another sequence, or given to it meanwhile.
            Errno error = await on.Ost.FindObjectAsync(fid, cancel);
            if (error == Errno.ENOENT)
                _missing.Add(fid);
            else if (error != Errno.OK)
                return error;
        }
        return Errno.OK;
    }

    async ValueTask<Errno> AskAsync(OstObjects objects, CancellationToken cancel)
    {
        var orphans = new List<Fid>();
        var asked = new List<(Fid Fid, Task<Errno> Answer)>();
        for (uint id = FirstOfFiles; id <= objects.Last.ObjectId; id += AskedAtOnce)
        {
            asked.Clear();
            for (uint one = id; one < id + AskedAtOnce && one <= objects.Last.ObjectId; one++)
            {
                var fid = new Fid(objects.Last.Sequence, one);
                asked.Add((fid, objects.Ost.FindObjectAsync(fid, cancel).AsTask()));
            }
            foreach ((Fid fid, Task<Errno> answer) in asked)
            {
                Errno error = await answer;
                if (error is not (Errno.OK or Errno.ENOENT))
                {
                    Missed($"OST{objects.Ost.Index:x4} cannot be asked for {fid}: {error}");
                    return Options.EndsWithFailure ? error : Errno.OK;
                }
                if (error == Errno.ENOENT && objects.Referenced[(int)fid.ObjectId])
                    _missing.Add(fid);
                if (error == Errno.OK && !objects.Referenced[(int)fid.ObjectId])
                    orphans.Add(fid);
                error = await StepAsync(Errno.OK, cancel);
                if (error != Errno.OK)
                    return error;
            }
        }
        return await TellOrphansAsync(objects.Ost, orphans, cancel);
    }

    /// <summary>Those of files that were removed go when the removal is committed, and the OST was told.</summary>
    async ValueTask<Errno> TellOrphansAsync(OspDevice ost, List<Fid> orphans, CancellationToken cancel)
    {
        for (int i = 0; orphans.Count > 0 && i < Patience; i++)
        {
            await mdt.Storage.SyncAsync(cancel);
            await Task.Delay(TimeSpan.FromSeconds(i == 0 ? 0.1 : 1), Context.Clock, cancel);
            var left = new List<Fid>();
            foreach (Fid fid in orphans)
            {
                if (await ost.FindObjectAsync(fid, cancel) != Errno.ENOENT)
                    left.Add(fid);
            }
            orphans = left;
        }
        foreach (Fid fid in orphans)
            Found(ref _orphans, $"object {fid} of OST{ost.Index:x4} belongs to no file");
        return Errno.OK;
    }

    async ValueTask<Errno> TellDanglingAsync(Fid file, List<(uint Ost, Fid Fid)> objects, CancellationToken cancel)
    {
        foreach ((uint index, Fid fid) in objects)
        {
            // Asked again: the file may have been removed, and another object have come.
            if (_missing.Contains(fid) && lod.FindOst(index) is { } ost
                && await ost.FindObjectAsync(fid, cancel) == Errno.ENOENT && mdt.Storage.Find(file).Error == Errno.OK)
                Found(ref _dangling, $"{file} has object {fid} of OST{index:x4}, which is not there");
        }
        return Errno.OK;
    }
}
