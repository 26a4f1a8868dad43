using System.Globalization;

namespace Lustrous.Idl.Tests.WireTables;

/// <summary>Every struct that Lustre asserts about its wire and disks, against ours (tests/fixtures/wire).</summary>
public sealed class StructTableTests
{
    // Typedefs that are plain integers with us too.
    static readonly Dictionary<string, int> Integers = new() { ["lnet_pid_t"] = 4 };

    // C has structs of nothing but an array at the end; here the structs before it name what follows.
    static readonly Dictionary<string, int> Nameless = StructLayout.All.Values
        .SelectMany(type => StructLayout.Of(type).Tails)
        .Where(tail => tail.Key is "uops_op" or "up_params")
        .ToDictionary(tail => tail.Key, tail => tail.Value);

    static readonly string FixtureFolder = FindFixtures();

    sealed record Row(string Struct, int? StructSize, string Field, int? Offset, int? Size);

    [Fact]
    public void Every_row_lies_where_Lustre_has_it_and_what_is_missing_is_listed()
    {
        var wrong = new List<string>();
        var missing = new SortedSet<string>(StringComparer.Ordinal);
        int compared = 0;
        foreach (Row row in Rows())
        {
            string? problem = Check(row, missing);
            compared++;
            if (problem is not null) wrong.Add($"{row.Struct} {row.Field}: {problem}");
        }
        Assert.Empty(wrong);
        Assert.True(compared > 1250, $"only {compared} rows were compared");

        string[] listed = File.ReadAllLines(Path.Combine(FixtureFolder, "missing-structs.txt"));
        Assert.Equal(listed.Where(line => line.Length > 0), missing);
    }

    static string? Check(Row row, SortedSet<string> missing)
    {
        string name = row.Struct.Split(' ')[^1];
        if (Integers.TryGetValue(name, out int integer)) return integer == row.StructSize ? null : "size";
        if (name.Split("->") is [var owner, var array]) return CheckTailElement(row, owner, array, missing);
        if (row.StructSize == 0) return Nameless.ContainsKey(row.Field) ? null : "no struct ends with this array";
        if (!StructLayout.All.TryGetValue(name, out Type? type))
        {
            missing.Add(name);
            return null;
        }

        StructLayout layout = StructLayout.Of(type);
        if (row.StructSize is { } size && size != layout.Size) return $"size is {layout.Size}, Lustre's is {size}";
        return row.Field.Length == 0 ? null : CheckField(row, layout);
    }

    static string? CheckTailElement(Row row, string owner, string array, SortedSet<string> missing)
    {
        Dictionary<string, int> tails = StructLayout.All.TryGetValue(owner, out Type? type)
            ? StructLayout.Of(type).Tails
            : Nameless;
        if (tails.TryGetValue(array, out int element))
            return element == row.StructSize ? null : $"an element has {element} bytes, Lustre's {row.StructSize}";
        if (type is not null) return "no such array at the end";
        missing.Add(owner);
        return null;
    }

    // A field; or an element of an array, which the table names as field[index] with the index one past the end where
    // it means to check the whole length; or the array at the end.
    static string? CheckField(Row row, StructLayout layout)
    {
        string field = row.Field;
        int index = 0, bracket = field.IndexOf('[', StringComparison.Ordinal);
        bool isElement = bracket >= 0;
        if (isElement)
        {
            index = Index(field[(bracket + 1)..^1]);
            field = field[..bracket];
        }

        if (layout.Tails.TryGetValue(field, out int tailElement))
        {
            if (row.Offset != layout.Size) return $"the array begins at {layout.Size}, Lustre's at {row.Offset}";
            return isElement && row.Size != tailElement ? $"an element has {tailElement} bytes" : null;
        }
        if (row.Size == 0) return row.Offset == layout.Size ? null : "an empty array away from the end";
        if (layout.Find(field) is not { } place) return "no such field";
        int offset = place.Offset + index * place.ElementSize;
        int size = isElement ? place.ElementSize : place.Size;
        if (isElement && index * place.ElementSize > place.Size) return $"has only {place.Size} bytes";
        return (offset, size) == (row.Offset, row.Size)
            ? null
            : $"lies at {offset} with {size} bytes, Lustre's at {row.Offset} with {row.Size}";
    }

    static int Index(string text) => text.StartsWith("(sizeof(struct nodemap_cluster_rec)", StringComparison.Ordinal)
        ? 32 - 2 * sizeof(ushort)
        : text.Split('+').Sum(part => int.Parse(part, CultureInfo.InvariantCulture));

    static IEnumerable<Row> Rows()
    {
        foreach (string line in File.ReadLines(Path.Combine(FixtureFolder, "structs-2.17.57.tsv")).Skip(1))
        {
            string[] cells = line.Split('\t');
            yield return new Row(cells[0], Number(cells[1]), cells[2], Number(cells[3]), Number(cells[4]));
        }
    }

    static int? Number(string text) => int.TryParse(text, CultureInfo.InvariantCulture, out int number) ? number : null;

    static string FindFixtures()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Lustrous.slnx")))
            folder = folder.Parent;
        Assert.NotNull(folder);
        return Path.Combine(folder.FullName, "tests", "fixtures", "wire");
    }
}
