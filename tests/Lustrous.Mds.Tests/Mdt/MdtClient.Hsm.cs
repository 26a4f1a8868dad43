using Lustrous.Idl.Fids;
using Lustrous.Idl.Hsm;
using Lustrous.Libcfs;
using Lustrous.Ptlrpc.Layout;

namespace Lustrous.Mds.Tests.Mdt;

// MDS_HSM_STATE_GET and _SET.
sealed partial class MdtClient
{
    public Task<(Errno Error, HsmUserState State)> HsmStateGetAsync(Fid fid) => OnAsync(async () =>
    {
        using TestRequest request = New(RequestFormats.MdsHsmStateGet);
        request.Set(Rmf.MdtBody, NewBody(fid));
        Empty(request, Rmf.Capa1);
        Errno status = await request.SendAsync(default);
        return (status, status == Errno.OK ? request.Get(Rmf.HsmUserState).Value : default);
    });

    public Task<Errno> HsmStateSetAsync(Fid fid, HsmStates set, HsmStates clear = default, uint archive = 0) =>
        OnAsync(async () =>
        {
            using TestRequest request = New(RequestFormats.MdsHsmStateSet);
            request.Set(Rmf.MdtBody, NewBody(fid));
            Empty(request, Rmf.Capa1);
            request.Set(Rmf.HsmStateSet, new HsmStateSet
            {
                Valid = HsmStateSetValid.SETMASK | HsmStateSetValid.CLEARMASK
                    | (archive == 0 ? 0 : HsmStateSetValid.ARCHIVE_ID),
                Setmask = (ulong)set,
                Clearmask = (ulong)clear,
                ArchiveId = archive,
            });
            return await request.SendAsync(default);
        });
}
