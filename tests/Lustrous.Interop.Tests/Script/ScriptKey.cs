using Lustrous.Interop.Tests.Compare;
using Lustrous.Interop.Tests.Replay;

namespace Lustrous.Interop.Tests.Script;

/// <summary>What a request asks for, apart from who asks and when: two requests with the same are answered the
/// same.</summary>
static class ScriptKey
{
    public static string Of(string name, IEnumerable<Field> request)
    {
        // What is found and what its attributes are, is one question to a server that has them at hand.
        name = name.Replace("it=LOOKUP", "it=GETATTR", StringComparison.Ordinal);
        IEnumerable<string> fields = request.Where(field => IsPart(field.Path) && field.Value.Length > 0)
            .Select(field => $"{field.Path}={field.Value}");
        return string.Join(' ', fields.Prepend(name));
    }

    public static string Of(Exchange exchange) => Of(exchange.Request.Name, exchange.ReadRequest());

    static bool IsPart(string path) => path is "name" or "symtgt" or "tgtuuid" or "mdt_body.fid1" or "mdt_body.size"
            or "rec_reint.fid1" or "llogd_body.index" or "getinfo_key"
        || path.EndsWith("resource.name", StringComparison.Ordinal)
        || path.StartsWith("llogd_body.logid", StringComparison.Ordinal)
        || path.StartsWith("mgs_config_body.", StringComparison.Ordinal) && !path.EndsWith("nm_cur_pass", StringComparison.Ordinal);
}
