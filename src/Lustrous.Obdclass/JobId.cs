using System.Text;

namespace Lustrous.Obdclass;

/// <summary>Who makes a request, as far as a job identifier can name it.</summary>
/// <param name="Executable">Name of the program (<c>comm</c>).</param>
/// <param name="HostName">Full name of the node.</param>
/// <param name="EnvironmentJobId">Value of the variable that <c>jobid_var</c> names in the caller's
/// environment.</param>
public readonly record struct JobIdCaller(
    string Executable, uint Uid, uint Gid, uint Pid, string HostName, string? EnvironmentJobId);

/// <summary>
/// The job identifier that goes with each request (<c>pb_jobid</c>), so that servers can account per job.
/// </summary>
/// <param name="Variable">
/// <c>jobid_var</c>: <c>disable</c>, <c>procname_uid</c>, <c>nodelocal</c>, <c>session</c>, or the name of an
/// environment variable.
/// </param>
/// <param name="NameFormat"><c>jobid_name</c>: text with %e %g %h %H %j %p %u, each with an optional width
/// (<c>%.8e</c>).</param>
/// <remarks>Source: lustre_get_jobid and jobid_interpret_string, lustre/obdclass/jobid.c.</remarks>
public sealed record JobId(string Variable = JobId.Disabled, string NameFormat = "%e.%u")
{
    public const string Disabled = "disable";
    public const string ProcessNameUid = "procname_uid";
    public const string NodeLocal = "nodelocal";

    /// <summary>Bytes of the identifier on the wire, with its NUL (<c>LUSTRE_JOBID_SIZE</c>).</summary>
    public const int MaxLength = 32;

    /// <summary>The identifier for <paramref name="caller"/>; empty when disabled.</summary>
    public string For(in JobIdCaller caller) => Variable switch
    {
        Disabled => "",
        NodeLocal => Expand(NameFormat, caller),
        ProcessNameUid => Expand("%e.%u", caller),
        // A format that asks for %j places the variable itself; otherwise the variable stands alone when it is set.
        _ => !NameFormat.Contains("%j", StringComparison.Ordinal) && caller.EnvironmentJobId is { Length: > 0 } job
            ? Truncate(job, MaxLength - 1)
            : Expand(NameFormat, caller),
    };

    static string Expand(string format, in JobIdCaller caller)
    {
        var text = new StringBuilder();
        for (int i = 0; i < format.Length && Encoding.UTF8.GetByteCount(text.ToString()) < MaxLength - 1; i++)
        {
            if (char.IsWhiteSpace(format[i]))
                continue;
            if (format[i] != '%')
            {
                text.Append(format[i]);
                continue;
            }
            int width = ReadWidth(format, ref i);
            if (++i >= format.Length)
                break;
            text.Append(Truncate(Field(format, ref i, caller), width));
        }
        return Truncate(text.ToString(), MaxLength - 1);
    }

    /// <summary>The number of a <c>.number</c> that follows the percent sign at <paramref name="i"/>, and steps over
    /// it.</summary>
    static int ReadWidth(string format, ref int i)
    {
        if (i + 1 >= format.Length || format[i + 1] != '.')
            return MaxLength;
        i++;
        int width = 0;
        while (i + 1 < format.Length && char.IsAsciiDigit(format[i + 1]))
            width = Math.Min((width * 10) + (format[++i] - '0'), MaxLength);
        return width == 0 ? MaxLength : width;
    }

    static string Field(string format, ref int i, in JobIdCaller caller)
    {
        switch (format[i])
        {
            case 'e': return caller.Executable;
            case 'g': return caller.Gid.ToString();
            case 'h': return caller.HostName;
            case 'H': return caller.HostName.Split('.')[0];
            case 'p': return caller.Pid.ToString();
            case 'u': return caller.Uid.ToString();
            case 'j':
                // "%j?" skips the fallback field behind it when there is a job.
                string job = caller.EnvironmentJobId ?? "";
                if (i + 1 < format.Length && format[i + 1] == '?')
                    i += job.Length == 0 ? 1 : 3;
                return job;
            default: return "";
        }
    }

    /// <summary>At most so many bytes of UTF-8, never half a character.</summary>
    static string Truncate(string text, int bytes)
    {
        int length = Math.Min(text.Length, bytes);
        while (length > 0 && (Encoding.UTF8.GetByteCount(text.AsSpan(0, length)) > bytes
                              || char.IsHighSurrogate(text[length - 1])))
            length--;
        return text[..length];
    }
}
