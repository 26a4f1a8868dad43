using System.Globalization;
using System.Text;
using Lustrous.Llite;

namespace Lustrous.Utils.Commands;

/// <summary><c>lfs df</c>: a line for each target and a summary.</summary>
/// <remarks>Source: showdf and mntdf, lustre/utils/lfs.c.</remarks>
sealed class DfText(string mountPoint, bool inodes, bool human)
{
    public string Format(IReadOnlyList<TargetStatfs> targets)
    {
        var text = new StringBuilder();
        string unit = human ? "bytes" : "1K-blocks";
        text.Append(inodes
            ? $"{"UUID",-20} {"Inodes",11} {"IUsed",11} {"IFree",11} {"IUse%",4}  Mounted on\n"
            : $"{"UUID",-20} {unit,11} {"Used",11} {"Available",11} {"Use%",4}  Mounted on\n");
        Sum sum = default;
        foreach (TargetStatfs target in targets)
        {
            if (target.Error != Errno.OK)
            {
                text.Append(CultureInfo.InvariantCulture, $"{target.Uuid,-20}: {target.Error}\n");
                continue;
            }
            Line(text, target.Uuid, Sum.Of(target.Room), $"[{(target.IsMdt ? "MDT" : "OST")}:{target.Index}] ");
            sum = sum.Plus(target);
        }
        text.Append('\n');
        Line(text, "filesystem_summary:", sum.Whole, " ");
        return text.Append('\n').ToString();
    }

    void Line(StringBuilder text, string name, in Room room, string suffix)
    {
        (ulong total, ulong used, ulong free) = inodes
            ? (room.Files, room.Files - room.FilesFree, room.FilesFree)
            : (room.Bytes, room.Bytes - room.BytesFree, room.BytesAvailable);
        text.Append(CultureInfo.InvariantCulture, $"{name,-20} {Number(total)} {Number(used)} {Number(free)} ")
            .Append(CultureInfo.InvariantCulture, $"{Percent(used, free),3}%  {mountPoint}{suffix}\n");
    }

    /// <summary>Rounded up, as df does.</summary>
    static ulong Percent(ulong used, ulong free) =>
        used + free == 0 ? 0 : (ulong)Math.Ceiling(used * 100.0 / (used + free));

    string Number(ulong value)
    {
        if (inodes)
            return value.ToString(CultureInfo.InvariantCulture).PadLeft(11);
        if (!human)
            return (value >> 10).ToString(CultureInfo.InvariantCulture).PadLeft(11);
        double scaled = value;
        int unit = -1;
        while (scaled >= 1024 && unit < 7)
        {
            scaled /= 1024;
            unit++;
        }
        return unit < 0
            ? value.ToString(CultureInfo.InvariantCulture).PadLeft(11)
            : scaled.ToString("F1", CultureInfo.InvariantCulture).PadLeft(10) + "KMGTPEZY"[unit];
    }

    readonly record struct Room(ulong Bytes, ulong BytesFree, ulong BytesAvailable, ulong Files, ulong FilesFree);

    /// <summary>Where there are OSTs, the blocks of MDTs do not count; objects may be fewer than inodes.</summary>
    readonly record struct Sum(Room Mdts, Room Osts, bool HasOsts)
    {
        public Room Whole
        {
            get
            {
                Room blocks = HasOsts ? Osts : Mdts;
                ulong files = Mdts.Files, free = Mdts.FilesFree;
                if (HasOsts && Osts.Files > 0 && Osts.FilesFree < free)
                    (files, free) = (files - free + Osts.FilesFree, Osts.FilesFree);
                return blocks with { Files = files, FilesFree = free };
            }
        }

        public static Room Of(in LliteStatfs room) => new(
            room.Blocks * room.BlockSize, room.BlocksFree * room.BlockSize, room.BlocksAvailable * room.BlockSize,
            room.Files, room.FilesFree);

        public Sum Plus(TargetStatfs target) => target.IsMdt
            ? this with { Mdts = Add(Mdts, Of(target.Room)) }
            : this with { Osts = Add(Osts, Of(target.Room)), HasOsts = true };

        static Room Add(in Room a, in Room b) => new(
            a.Bytes + b.Bytes, a.BytesFree + b.BytesFree, a.BytesAvailable + b.BytesAvailable,
            a.Files + b.Files, a.FilesFree + b.FilesFree);
    }
}
