using System.Runtime.CompilerServices;
using Lustrous.Idl.Ldlm;
using Lustrous.Idl.Ost;
using Lustrous.Idl.Quota;

namespace Lustrous.Utils.Decode;

/// <summary>A lock's value block: what it is hangs on the lock's type, its version on its length.</summary>
static class LvbDecoder
{
    public static void Decode(ref PartReader reader, FieldContext context)
    {
        int length = reader.Rest.Length;
        if (LayoutDecoder.IsLayout(reader.PeekUInt32()))
            LayoutDecoder.Decode(ref reader, context);
        else if (length == Unsafe.SizeOf<OstLvb>())
            reader.Struct<OstLvb>("ost_lvb");
        else if (length == Unsafe.SizeOf<OstLvbV1>() && context.LockType != LockType.Plain)
            reader.Struct<OstLvbV1>("ost_lvb_v1");
        else if (length == Unsafe.SizeOf<LquotaLvb>())
            reader.Struct<LquotaLvb>("lquota_lvb");
        else if (length == Unsafe.SizeOf<BarrierLvb>())
            reader.Struct<BarrierLvb>("barrier_lvb");
        else
            reader.Bytes("lvb", length);
    }
}
