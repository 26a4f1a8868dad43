using System.Reflection;
using Lustrous.Ptlrpc.Layout;

namespace Lustrous.Ptlrpc.Tests.Layout;

public sealed class RequestFormatTableTests
{
    // Lustre declares it twice, under #if, which the table's maker did not follow.
    static readonly string[] NotInTheTable = ["SWAPLAYOUTS"];

    [Fact]
    public void Every_message_field_of_Lustre_is_declared_and_no_other()
    {
        Dictionary<string, MessageField> ours = Members<MessageField>(typeof(Rmf));
        string[] theirs = [.. WireTables.Rows("message-fields-2.17.57.tsv").Select(row => Name(row[0]))];
        Assert.Equal(theirs.Concat(NotInTheTable).Order(), ours.Keys.Order());
    }

    [Fact]
    public void A_message_field_has_Lustres_label_flags_and_kind_of_size()
    {
        Dictionary<string, MessageField> ours = Members<MessageField>(typeof(Rmf));
        foreach (string[] row in WireTables.Rows("message-fields-2.17.57.tsv"))
        {
            MessageField field = ours[Name(row[0])];
            Assert.Equal(row[1], field.Label);
            Assert.Equal(Flags(row[2]), field.Flags);
            Assert.Equal(row[3] == "-1", field.Size == -1);
            if (row[3] == "__u32")
                Assert.Equal(4, field.Size);
            if (row[3] == "0")
                Assert.Equal(0, field.Size);
        }
    }

    [Fact]
    public void A_message_field_has_the_size_of_its_struct()
    {
        Dictionary<string, MessageField> ours = Members<MessageField>(typeof(Rmf));
        Dictionary<string, int> sizes = [];
        foreach (string[] row in WireTables.Rows("structs-2.17.57.tsv"))
        {
            if (int.TryParse(row[1], out int size))
                sizes[row[0]] = size;
        }
        int compared = 0;
        foreach (string[] row in WireTables.Rows("message-fields-2.17.57.tsv"))
        {
            if (!sizes.TryGetValue(row[3], out int size))
                continue;
            Assert.True(size == ours[Name(row[0])].Size, $"{row[0]}: {size} bytes, here {ours[Name(row[0])].Size}");
            compared++;
        }
        Assert.True(compared > 35, $"only {compared} sizes could be compared");
    }

    [Fact]
    public void Every_request_format_of_Lustre_is_declared_and_no_other()
    {
        Dictionary<string, RequestFormat> ours = Members<RequestFormat>(typeof(RequestFormats));
        string[] theirs = [.. WireTables.Rows("request-formats-2.17.57.tsv").Select(row => Name(row[0]))];
        Assert.Equal(theirs.Order(), ours.Keys.Order());
    }

    [Fact]
    public void A_request_format_has_Lustres_name_and_fields_in_order()
    {
        Dictionary<string, RequestFormat> ours = Members<RequestFormat>(typeof(RequestFormats));
        Dictionary<MessageField, string> names =
            Members<MessageField>(typeof(Rmf)).ToDictionary(pair => pair.Value, pair => pair.Key);
        foreach (string[] row in WireTables.Rows("request-formats-2.17.57.tsv"))
        {
            RequestFormat format = ours[Name(row[0])];
            Assert.Equal(row[1], format.Name);
            Assert.Equal(Names(row[2]), format.Request.ToArray().Select(field => names[field]));
            Assert.Equal(Names(row[3]), format.Reply.ToArray().Select(field => names[field]));
        }
    }

    static IEnumerable<string> Names(string fields) =>
        fields.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(Name);

    // RMF_MDT_BODY and RQF_MDS_REINT lose their prefix.
    static string Name(string cName) => WireTables.Normal(cName[4..]);

    static RmfFlags Flags(string text) => text switch
    {
        "0" => RmfFlags.None,
        "RMF_F_STRING" => RmfFlags.String,
        "RMF_F_NO_SIZE_CHECK" => RmfFlags.NoSizeCheck,
        "RMF_F_STRUCT_ARRAY" => RmfFlags.StructArray,
        _ => throw new InvalidOperationException(text),
    };

    static Dictionary<string, T> Members<T>(Type owner) where T : class =>
        owner.GetFields(BindingFlags.Public | BindingFlags.Static)
            .Where(field => typeof(T).IsAssignableFrom(field.FieldType))
            .ToDictionary(field => WireTables.Normal(field.Name), field => (T)field.GetValue(null)!);
}
