using Lustrous.Idl.Mdt;
using Lustrous.Idl.Wire;

namespace Lustrous.Utils.Decode;

/// <summary>The record of an MDS_REINT: one size, but other fields for each operation.</summary>
static class ReintDecoder
{
    public static void Decode(ref PartReader reader, FieldContext context)
    {
        switch ((ReintOp)reader.PeekUInt32())
        {
            case ReintOp.Setattr:
                Record<MdtRecSetattr>(ref reader);
                break;
            case ReintOp.Create or ReintOp.Open:
                Record<MdtRecCreate>(ref reader);
                break;
            case ReintOp.Link:
                Record<MdtRecLink>(ref reader);
                break;
            case ReintOp.Unlink or ReintOp.Rmentry:
                Record<MdtRecUnlink>(ref reader);
                break;
            case ReintOp.Rename or ReintOp.Migrate:
                Record<MdtRecRename>(ref reader);
                break;
            case ReintOp.Setxattr:
                Record<MdtRecSetxattr>(ref reader);
                break;
            case ReintOp.Resync:
                Record<MdtRecResync>(ref reader);
                break;
            default:
                Record<MdtRecReint>(ref reader);
                break;
        }
    }

    static void Record<T>(ref PartReader reader) where T : unmanaged, IWireStruct<T>
    {
        if (reader.Rest.Length > 0)
            reader.Prefix("rec_reint", out T _);
    }
}
