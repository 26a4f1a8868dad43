using System.Globalization;
using System.Runtime.InteropServices;
using Lustrous.Idl.Layout;
using Lustrous.Idl.Wire;

namespace Lustrous.Utils.Commands;

/// <summary>Options of <c>lfs setstripe</c> as the layout that a directory or a new file is to get.</summary>
static class StripeOptions
{
    const uint StripeAlignment = 64 << 10;      // LOV_MIN_STRIPE_SIZE

    /// <summary>-c COUNT, -S SIZE, -i INDEX, -p POOL, or -d to take the default away; EINVAL for what cannot
    /// be.</summary>
    public static Result<byte[]> Parse(IReadOnlyList<string> options)
    {
        var layout = new LovUserMdV3
        {
            Magic = LovUserMagic.V1,
            Pattern = LovPattern.RAID0,
            StripeOffset = ushort.MaxValue,
        };
        bool delete = false, hasPool = false;
        for (int i = 0; i < options.Count; i++)
        {
            string option = options[i];
            if (option is "-d" or "--delete")
            {
                delete = true;
                continue;
            }
            if (++i == options.Count)
                return Errno.EINVAL;
            string value = options[i];
            Errno error = option switch
            {
                "-c" or "--stripe-count" => SetCount(ref layout, value),
                "-S" or "--stripe-size" => SetSize(ref layout, value),
                "-i" or "--stripe-index" => SetIndex(ref layout, value),
                "-p" or "--pool" => SetPool(ref layout, value, ref hasPool),
                _ => Errno.EINVAL,
            };
            if (error != Errno.OK)
                return error;
        }
        if (delete)
            layout = new LovUserMdV3 { Magic = LovUserMagic.V1 };
        if (hasPool)
        {
            layout.Magic = LovUserMagic.V3;
            return MemoryMarshal.AsBytes(new ReadOnlySpan<LovUserMdV3>(in layout)).ToArray();
        }
        var plain = new LovUserMdV1
        {
            Magic = layout.Magic,
            Pattern = layout.Pattern,
            StripeSize = layout.StripeSize,
            StripeCount = layout.StripeCount,
            StripeOffset = layout.StripeOffset,
        };
        return MemoryMarshal.AsBytes(new ReadOnlySpan<LovUserMdV1>(in plain)).ToArray();
    }

    static Errno SetCount(ref LovUserMdV3 layout, string text)
    {
        if (!int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int count)
            || count is < -1 or > 2000)
            return Errno.EINVAL;
        layout.StripeCount = (ushort)count;
        return Errno.OK;
    }

    static Errno SetSize(ref LovUserMdV3 layout, string text)
    {
        if (!SizeText.TryParse(text, out long size) || size is < 0 or > uint.MaxValue || size % StripeAlignment != 0)
            return Errno.EINVAL;
        layout.StripeSize = (uint)size;
        return Errno.OK;
    }

    static Errno SetIndex(ref LovUserMdV3 layout, string text)
    {
        if (!int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int index)
            || index is < -1 or >= ushort.MaxValue)
            return Errno.EINVAL;
        layout.StripeOffset = (ushort)index;
        return Errno.OK;
    }

    static Errno SetPool(ref LovUserMdV3 layout, string text, ref bool hasPool)
    {
        hasPool = Text16.TryFrom(text, out Text16 pool);
        layout.PoolName = pool;
        return hasPool ? Errno.OK : Errno.EINVAL;
    }
}
