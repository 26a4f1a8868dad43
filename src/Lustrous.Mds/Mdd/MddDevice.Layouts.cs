using Lustrous.Mds.Lod;
using Lustrous.Obdclass.Storage;

namespace Lustrous.Mds.Mdd;

// Layouts of files.
public sealed partial class MddDevice
{
    Errno DeclareLayout(DtTransaction tx, LodLayout layout) => tx.DeclareXattr(layout.Ea.Length);

    Errno SetLayout(DtTransaction tx, IDtObject file, LodLayout layout) =>
        file.SetXattr(tx, DtXattr.Lov, layout.Ea);
}
