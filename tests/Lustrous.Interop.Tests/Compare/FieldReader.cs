using System.Buffers;
using System.Text;
using System.Text.Json;
using Lustrous.Idl.Mdt;
using Lustrous.Ptlrpc.Layout;
using Lustrous.Utils.Decode;

namespace Lustrous.Interop.Tests.Compare;

/// <summary>Takes a decoded message apart into single values, each under a path.</summary>
static class FieldReader
{
    /// <summary>Of a message: its buffers' lengths, and all their fields.</summary>
    /// <param name="part">The message.</param>
    /// <param name="format">Whose names the buffers get; without one they have those of what is in them.</param>
    /// <param name="side">Of the format.</param>
    public static List<Field> Read(Part part, RequestFormat? format = null, MessageSide side = MessageSide.Reply)
    {
        MessageField[] labels = format is null ? [] : format.Fields(side).ToArray();
        var fields = new List<Field>();
        using JsonDocument json = Json(part);
        if (part is not MessagePart)
        {
            Walk(fields, part.Name, json.RootElement);
            return fields;
        }
        Dictionary<string, int> seen = [];
        int place = 0;
        foreach (JsonElement buffer in json.RootElement.GetProperty("buffers").EnumerateArray())
        {
            string name = place < labels.Length ? labels[place].Label : buffer.GetProperty("field").GetString()!;
            place++;
            int number = seen[name] = seen.GetValueOrDefault(name) + 1;
            string path = number == 1 ? name : $"{name}{number}";
            fields.Add(new(path + ".length", buffer.GetProperty("length").ToString()));
            if (buffer.GetProperty("length").GetInt32() > 0)
                Walk(fields, path, buffer.GetProperty("value"));
        }
        fields.Add(new(
            "message.buffers", fields.Count(field => field.Path.EndsWith(".length", StringComparison.Ordinal))
            .ToString(System.Globalization.CultureInfo.InvariantCulture)));
        fields.Add(new("message.flags", json.RootElement.GetProperty("flags").GetString()!));
        return fields;
    }

    /// <summary>Of directory pages: what each name is. Where an entry stands is the server's business.</summary>
    public static List<Field> ReadDirectory(Part pages)
    {
        var fields = new List<Field>();
        foreach (Part entry in pages.Inner.SelectMany(page => page.Inner))
        {
            if (entry.Inner is not [StructPart<LuDirent> dirent, TextPart name, ..])
                continue;
            fields.Add(new($"entry.{name.Text}.fid", dirent.Value.Fid.ToString()));
            fields.Add(new($"entry.{name.Text}.attrs", dirent.Value.Attrs.ToString()));
        }
        fields.Sort((a, b) => string.CompareOrdinal(a.Path, b.Path));
        return fields;
    }

    static JsonDocument Json(Part part)
    {
        var bytes = new ArrayBufferWriter<byte>(4096);
        using (var writer = new Utf8JsonWriter(bytes))
            part.WriteJson(writer);
        return JsonDocument.Parse(bytes.WrittenMemory);
    }

    static void Walk(List<Field> fields, string path, JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object when value.TryGetProperty("buffers", out JsonElement buffers):
                // A message inside of another: a part of a batch.
                foreach (JsonElement buffer in buffers.EnumerateArray())
                    Walk(fields, $"{path}.{buffer.GetProperty("field").GetString()}", buffer.GetProperty("value"));
                fields.Add(new(path + ".sub_opcode", value.GetProperty("sub_opcode").ToString()));
                break;
            case JsonValueKind.Object:
                foreach (JsonProperty property in value.EnumerateObject())
                    Walk(fields, property.Name == Last(path) ? path : $"{path}.{property.Name}", property.Value);
                break;
            case JsonValueKind.Array when value.EnumerateArray().All(item => item.ValueKind != JsonValueKind.Object):
                fields.Add(new(path, Numbers(value)));
                break;
            case JsonValueKind.Array:
                int index = 0;
                foreach (JsonElement item in value.EnumerateArray())
                    Walk(fields, $"{path}[{index++}]", item);
                break;
            default:
                fields.Add(new(path, value.ToString()));
                break;
        }
    }

    static ReadOnlySpan<char> Last(string path)
    {
        int dot = path.LastIndexOf('.');
        return path.AsSpan(dot + 1);
    }

    /// <summary>Zeroes at the end say nothing.</summary>
    static string Numbers(JsonElement array)
    {
        var items = array.EnumerateArray().Select(item => item.ToString()).ToList();
        while (items.Count > 1 && items[^1] == "0")
            items.RemoveAt(items.Count - 1);
        return new StringBuilder().AppendJoin(' ', items).ToString();
    }
}
