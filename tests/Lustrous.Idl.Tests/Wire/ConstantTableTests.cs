using System.Globalization;
using System.Reflection;
using Lustrous.Idl.LNet;
using Lustrous.Idl.Wire;

namespace Lustrous.Idl.Tests.Wire;

/// <summary>Every constant that Lustre asserts about its wire, against ours (tests/fixtures/wire).</summary>
public sealed class ConstantTableTests
{
    static readonly string FixtureFolder = FindFixtures();

    static readonly ILookup<string, OurConstant> Ours = CollectOurs().ToLookup(constant => Key(constant.WireName));

    [Fact]
    public void Every_row_has_the_value_of_ours_and_what_is_missing_is_listed()
    {
        var wrong = new List<string>();
        var missing = new SortedSet<string>(StringComparer.Ordinal);
        int compared = 0;
        foreach ((string name, string text) in Rows())
        {
            ulong expected = ParseValue(name, text);
            if (!Ours.Contains(Key(name)))
                missing.Add(name);
            foreach (OurConstant ours in Ours[Key(name)])
            {
                compared++;
                if ((expected & ours.Mask) != ours.Value)
                    wrong.Add($"{name}: {ours.Place} is {ours.Value}, Lustre's is {expected}");
            }
        }
        Assert.Empty(wrong);
        Assert.True(compared > 900, $"only {compared} rows were compared");
        string[] listed = File.ReadAllLines(Path.Combine(FixtureFolder, "missing-constants.txt"));
        Assert.Equal(listed.Where(line => line.Length > 0), missing);
    }

    [Fact]
    public void One_wire_name_has_one_value_wherever_it_stands()
    {
        var quarrels = Ours.Where(group => group.Select(constant => constant.Value).Distinct().Count() > 1)
            .Select(group => string.Join(", ", group.Select(constant => $"{constant.Place} = {constant.Value}")));
        Assert.Empty(quarrels);
    }

    [Fact]
    public void No_enum_names_a_value_twice_because_it_could_not_print_it()
    {
        var twice = from type in WireTypes()
                    where type.IsEnum
                    from value in Enum.GetValuesAsUnderlyingType(type).Cast<object>().GroupBy(value => value)
                    where value.Count() > 1
                    select $"{type.Name} has {value.Count()} names for {value.Key}";
        Assert.Empty(twice);
    }

    static IEnumerable<(string Name, string Value)> Rows() =>
        File.ReadLines(Path.Combine(FixtureFolder, "constants-2.17.57.tsv")).Skip(1)
            .Select(line => line.Split('\t')).Select(columns => (columns[0], columns[1]));

    // wiretest.c prints the open flags in octal, as open(2) writes them, and everything else in decimal.
    static ulong ParseValue(string name, string text) => name.StartsWith("MDS_OPEN_", StringComparison.Ordinal)
        ? Convert.ToUInt64(text, 8)
        : ulong.Parse(text, CultureInfo.InvariantCulture);

    static IEnumerable<Type> WireTypes() =>
        typeof(LNetProtocol).Assembly.GetTypes()
            .Where(type => type.GetCustomAttributes<WireNameAttribute>().FirstOrDefault() is not null);

    static IEnumerable<OurConstant> CollectOurs()
    {
        foreach (Type type in WireTypes())
        {
            string prefix = type.GetCustomAttributes<WireNameAttribute>().FirstOrDefault()!.Name;
            foreach (FieldInfo field in type.GetFields(BindingFlags.Public | BindingFlags.Static))
            {
                if (field.GetRawConstantValue() is not { } value || value is string)
                    continue;
                string wireName = field.GetCustomAttributes<WireNameAttribute>().FirstOrDefault()?.Name
                    ?? prefix + field.Name;
                yield return new(wireName, $"{type.Name}.{field.Name}", Widen(value), MaskOf(value));
            }
        }
    }

    static ulong Widen(object value) => value switch
    {
        int number => (uint)number,
        long number => (ulong)number,
        _ => Convert.ToUInt64(value, CultureInfo.InvariantCulture),
    };

    // A table row that Lustre's test prints as a signed 32-bit number stands for the same 32 bits.
    static ulong MaskOf(object value) => value switch
    {
        byte => byte.MaxValue,
        ushort => ushort.MaxValue,
        int or uint => uint.MaxValue,
        _ => ulong.MaxValue,
    };

    static string Key(string wireName) => wireName.Replace("_", "", StringComparison.Ordinal).ToUpperInvariant();

    static string FindFixtures()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string wire = Path.Combine(folder.FullName, "tests", "fixtures", "wire");
            if (Directory.Exists(wire))
                return wire;
        }
        throw new DirectoryNotFoundException("tests/fixtures/wire is not above the test's folder");
    }

    sealed record OurConstant(string WireName, string Place, ulong Value, ulong Mask);
}
