using System.Diagnostics;
using System.Globalization;

namespace Lustrous.EndToEnd.Tests.Posix;

/// <summary>Another process that locks ranges of one file: fcntl(2) locks belong to processes.</summary>
sealed class LockingProcess : IDisposable
{
    /// <summary>Lines of command, type, start and length; each is answered with 0 or an errno. SIGUSR1 is handled.
    /// </summary>
    const string Script = """
        use Fcntl; $| = 1; $SIG{USR1} = sub {};
        open(F, "+<", $ARGV[0]) or die "$!"; print "open\n";
        while (<STDIN>) {
          my ($command, $type, $start, $length) = split;
          my $done = fcntl(F, $command, pack("ssx4qqix4", $type, 0, $start, $length, 0));
          print defined $done ? 0 : $! + 0, "\n";
        }
        """;

    readonly Process _process;

    public LockingProcess(string path)
    {
        var start = new ProcessStartInfo("perl") { RedirectStandardInput = true, RedirectStandardOutput = true };
        foreach (string word in (string[])["-e", Script, path])
            start.ArgumentList.Add(word);
        _process = Process.Start(start)!;
        Assert.Equal("open", _process.StandardOutput.ReadLine());
    }

    public int Id => _process.Id;

    /// <summary>0, or the errno.</summary>
    public int Lock(int command, short type, long start, long length)
    {
        Begin(command, type, start, length);
        return Result();
    }

    /// <summary>Asks without waiting for the <see cref="Result"/>.</summary>
    public void Begin(int command, short type, long start, long length) => _process.StandardInput.WriteLine(
        string.Create(CultureInfo.InvariantCulture, $"{command} {type} {start} {length}"));

    public int Result() => int.Parse(_process.StandardOutput.ReadLine()!, CultureInfo.InvariantCulture);

    public Task<int> ResultAsync() => Task.Run(Result).WaitAsync(TimeSpan.FromSeconds(60));

    public void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    public void Dispose()
    {
        Kill();
        _process.Dispose();
    }
}
