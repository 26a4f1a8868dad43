using System.Globalization;
using Lustrous.Idl.Layout;
using Lustrous.Idl.Wire;

namespace Lustrous.Utils.Commands;

/// <summary>Options of <c>lfs setstripe</c> as the layout that a directory or a new file is to get.</summary>
/// <remarks>Source: lfs_setstripe_internal, comp_args_to_layout and setstripe_args_init_inherit of lustre/utils/lfs.c.
/// </remarks>
sealed class StripeOptions
{
    const ulong UnitOfEnds = 1024;          // an end that is too small to be bytes is in KiB
    const ulong SmallestEnd = 4096;

    readonly List<LovUserCompositeEa.Component> _components = [];
    LovUserEa _stripes = new() { Pattern = LovPattern.RAID0 };
    ulong? _end;                            // of the component that the options are about
    bool _deletes;

    /// <summary>-c COUNT, -C COUNT, -S SIZE, -i INDEX, -o INDEXES, -p POOL; after -E END, of the part of the file up to
    /// there; or -d to take the default away. EINVAL for what cannot be.</summary>
    public static Result<byte[]> Parse(IReadOnlyList<string> options)
    {
        var parsed = new StripeOptions();
        for (int i = 0; i < options.Count; i++)
        {
            string option = options[i];
            if (option is "-d" or "--delete")
            {
                parsed._deletes = true;
                continue;
            }
            if (++i == options.Count)
                return Errno.EINVAL;
            if (parsed.Set(option, options[i]) is var error and not Errno.OK)
                return error;
        }
        return parsed.Finish();
    }

    Errno Set(string option, string value) => option switch
    {
        "-c" or "--stripe-count" => SetCount(value, LovPattern.RAID0),
        "-C" or "--overstripe-count" => SetCount(value, LovPattern.RAID0 | LovPattern.OVERSTRIPING),
        "-S" or "--stripe-size" => SetSize(value),
        "-i" or "--stripe-index" => SetIndex(value),
        "-o" or "--ost" => SetOsts(value),
        "-p" or "--pool" => SetPool(value),
        "-E" or "--component-end" => SetEnd(value),
        // What Lustre has, and this file system not yet.
        "-L" or "--layout" => value == "raid0" ? Errno.OK : Errno.EOPNOTSUPP,
        "-N" or "--mirror-count" or "--component-add" or "--extension-size" => Errno.EOPNOTSUPP,
        _ => Errno.EINVAL,
    };

    Result<byte[]> Finish()
    {
        if (_deletes)
            return new LovUserEa { StripeOffset = 0 }.ToArray();
        if (_end is null)
            return _stripes.ToArray();
        _components.Add(Component());
        return new LovUserCompositeEa { Components = _components }.ToArray();
    }

    LovUserCompositeEa.Component Component() => new(
        new LuExtent { Start = _components.Count == 0 ? 0 : _components[^1].Extent.End, End = _end!.Value }, _stripes);

    Errno SetEnd(string text)
    {
        ulong end = ulong.MaxValue;
        if (text is not ("-1" or "eof" or "EOF"))
        {
            if (!SizeText.TryParse(text, out long size) || size == 0)
                return Errno.EINVAL;
            end = (ulong)size < SmallestEnd ? (ulong)size * UnitOfEnds : (ulong)size;
            if (end % LovConst.MIN_STRIPE_SIZE != 0)
                return Errno.EINVAL;
        }
        if (_end is not null)
        {
            _components.Add(Component());
            // The next one takes size, number and pool from the one before, but not its OSTs.
            _stripes = new LovUserEa
            {
                Magic = _stripes.PoolName.Length > 0 ? LovUserMagic.V3 : LovUserMagic.V1,
                Pattern = _stripes.Pattern,
                StripeSize = _stripes.StripeSize,
                StripeCount = _stripes.StripeCount,
                PoolName = _stripes.PoolName,
            };
        }
        ulong before = _components.Count == 0 ? 0 : _components[^1].Extent.End;
        _end = end;
        return end > before ? Errno.OK : Errno.EINVAL;
    }

    Errno SetCount(string text, LovPattern pattern)
    {
        if (!int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int count)
            || count is < -1 or > LovConst.MAX_STRIPE_COUNT)
            return Errno.EINVAL;
        _stripes = _stripes with { StripeCount = (ushort)count, Pattern = pattern };
        return Errno.OK;
    }

    Errno SetSize(string text)
    {
        if (!SizeText.TryParse(text, out long size) || size is < 0 or > uint.MaxValue
            || size % LovConst.MIN_STRIPE_SIZE != 0)
            return Errno.EINVAL;
        _stripes = _stripes with { StripeSize = (uint)size };
        return Errno.OK;
    }

    Errno SetIndex(string text)
    {
        if (!int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int index)
            || index is < -1 or >= ushort.MaxValue)
            return Errno.EINVAL;
        _stripes = _stripes with { StripeOffset = (ushort)index };
        return Errno.OK;
    }

    /// <summary>0,2,5-7: one stripe on each.</summary>
    Errno SetOsts(string text)
    {
        var osts = new List<uint>();
        foreach (string part in text.Split(','))
        {
            string[] ends = part.Split('-');
            if (ends.Length > 2 || !ushort.TryParse(ends[0], CultureInfo.InvariantCulture, out ushort first)
                || !ushort.TryParse(ends[^1], CultureInfo.InvariantCulture, out ushort last) || last < first
                || osts.Count + last - first >= LovConst.MAX_STRIPE_COUNT)
                return Errno.EINVAL;
            for (uint index = first; index <= last; index++)
                osts.Add(index);
        }
        _stripes = _stripes with
        {
            Magic = LovUserMagic.SPECIFIC,
            StripeCount = (ushort)osts.Count,
            StripeOffset = (ushort)osts[0],
            Osts = osts,
        };
        return Errno.OK;
    }

    Errno SetPool(string text)
    {
        if (!Text16.TryFrom(text, out _))
            return Errno.EINVAL;
        _stripes = _stripes with
        {
            Magic = _stripes.Osts.Count > 0 ? LovUserMagic.SPECIFIC : LovUserMagic.V3,
            PoolName = text,
        };
        return Errno.OK;
    }
}
