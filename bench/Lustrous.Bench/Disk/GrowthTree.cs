using System.Globalization;
using System.Text;
using Lustrous.Idl.Fids;
using Lustrous.Libcfs;
using Lustrous.Obdclass.Storage;
using Lustrous.Osd.Disk;

namespace Lustrous.Bench.Disk;

/// <summary>Files with a layout and a link each, in one directory; or a thousand to a directory, a hundred of those to
/// another, and those in one.</summary>
sealed class GrowthTree
{
    const int FilesPerLeaf = 1000, LeavesPerBranch = 100;

    static readonly byte[] s_layout = new byte[56], s_link = new byte[60];

    readonly uint _which;
    readonly bool _isTree;
    readonly DiskDevice _device;
    readonly IDtObject _root;

    public GrowthTree(uint which, bool isTree, DiskDevice device)
    {
        (_which, _isTree, _device) = (which, isTree, device);
        _root = device.Locate(new Fid(FidSeq.NORMAL, which));
        if (!_root.Exists)
            Make(_root.Fid, DtMode.Directory, null, []);
    }

    public void Grow(int from, int to)
    {
        for (int i = from; i < to; i++)
        {
            if (_isTree && i % (FilesPerLeaf * LeavesPerBranch) == 0)
                Make(BranchFid(i), DtMode.Directory, _root, BranchName(i));
            if (_isTree && i % FilesPerLeaf == 0)
                Make(LeafFid(i), DtMode.Directory, _device.Locate(BranchFid(i)), LeafName(i));
            IDtObject directory = _isTree ? _device.Locate(LeafFid(i)) : _root;
            Make(new Fid(FidSeq.NORMAL + 16 + _which, (uint)i + 1), DtMode.Regular, directory, FileName(i));
        }
    }

    public void Look(int file)
    {
        IDtObject at = _root;
        if (_isTree)
            at = Step(Step(at, BranchName(file)), LeafName(file));
        Check(Step(at, FileName(file)).GetAttributes(out _));
    }

    IDtObject Step(IDtObject directory, byte[] name)
    {
        Check(directory.Lookup(name, out DtEntry entry));
        return _device.Locate(entry.Fid);
    }

    void Make(Fid fid, uint mode, IDtObject? directory, byte[] name)
    {
        DtTransaction transaction = _device.Begin();
        Check(transaction.Start());
        IDtObject made = _device.Locate(fid);
        bool isFile = mode == DtMode.Regular;
        Check(made.Create(transaction, new DtAttributes { Valid = DtValid.Mode, Mode = mode },
            isFile ? DtObjectFormat.Regular : DtObjectFormat.Directory));
        if (isFile)
            Check(made.SetXattr(transaction, DtXattr.Lov, s_layout));
        Check(made.SetXattr(transaction, DtXattr.Link, s_link));
        if (directory is not null)
            Check(directory.Insert(transaction, name, new DtEntry(fid, mode)));
        transaction.Stop();
    }

    Fid BranchFid(int file) => new(FidSeq.NORMAL + 32 + _which, (uint)(file / (FilesPerLeaf * LeavesPerBranch)) + 1);

    Fid LeafFid(int file) => new(FidSeq.NORMAL + 48 + _which, (uint)(file / FilesPerLeaf) + 1);

    static byte[] BranchName(int file) => Name("branch-", file / (FilesPerLeaf * LeavesPerBranch));

    static byte[] LeafName(int file) => Name("leaf-", file / FilesPerLeaf);

    static byte[] FileName(int file) => Name("file-", file);

    static byte[] Name(string kind, int number) =>
        Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{kind}{number:d8}"));

    static void Check(Errno error)
    {
        if (error != Errno.OK)
            throw new InvalidOperationException($"the device says {error}");
    }
}
