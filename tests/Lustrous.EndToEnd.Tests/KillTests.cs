using System.Globalization;

namespace Lustrous.EndToEnd.Tests;

/// <summary>
/// Servers that are killed under load: what fsync promised, what was renamed after it, what sqlite and git have
/// committed, is there in the next life; nothing that is there is damaged. The long form: <c>LUSTROUS_KILLS=200</c>.
/// </summary>
[Collection("end to end")]
public sealed class KillTests : IDisposable
{
    static readonly int s_kills = int.TryParse(
        Environment.GetEnvironmentVariable("LUSTROUS_KILLS"), CultureInfo.InvariantCulture, out int kills) ? kills : 3;

    readonly string _folder = Directory.CreateTempSubdirectory("lustrous-kill-").FullName;

    /// <summary>Writes files, each with the sum of its bytes in its name, syncs, renames, and only then notes the name
    /// where no kill reaches it; removes some again, and notes that before.</summary>
    const string Writer = """
        cd $1 || exit 1
        i=0
        while :; do
          i=$((i + 1))
          head -c $((i * 7919 % 200000 + 1)) /dev/urandom > $2-new 2>/dev/null || exit 0
          sync $2-new 2>/dev/null || exit 0
          name=$2-$(sha1sum < $2-new | cut -c1-40) || exit 0
          mv $2-new $name 2>/dev/null || exit 0
          echo "+ $name" >> $3
          if [ $((i % 5)) = 0 ]; then
            echo "- $name" >> $3
            rm $name 2>/dev/null || exit 0
          fi
        done
        """;

    /// <summary>Notes each row that sqlite says it has committed.</summary>
    const string SqliteWriter = """
        cd $1 || exit 1
        i=$(grep -c . $2)
        while :; do
          i=$((i + 1))
          printf 'create table if not exists t(i integer primary key, x blob);
            insert or replace into t values(%d, randomblob(%d));' $i $((i * 331 % 9000 + 1)) \
            | sqlite3 -bail db >/dev/null 2>&1 || exit 0
          echo $i >> $2
        done
        """;

    /// <summary>Notes each commit that git says it has made.</summary>
    const string GitWriter = """
        cd $1 || exit 1
        export HOME=$1 GIT_CONFIG_NOSYSTEM=1
        git() {
          command git -c core.fsync=all -c core.fsyncMethod=fsync -c user.name=n -c user.email=e -c gc.auto=0 "$@"
        }
        [ -e repo/.git/HEAD ] || git init -q repo >/dev/null 2>&1 || exit 0
        cd repo || exit 0
        # What a killed git leaves.
        find .git -name '*.lock' -delete 2>/dev/null
        i=$(grep -c . $2)
        while :; do
          i=$((i + 1))
          head -c $((i * 557 % 20000 + 1)) /dev/urandom > f$((i % 20)) 2>/dev/null || exit 0
          git add -A >/dev/null 2>&1 || exit 0
          git commit -q -m $i >/dev/null 2>&1 || exit 0
          git rev-parse HEAD >> $2 2>/dev/null || exit 0
        done
        """;

    /// <summary>The database is whole and has every row that was noted; the repository is whole, and every commit that
    /// was noted is one of its history's.</summary>
    const string ToolsChecker = """
        cd $1 || exit 1
        lost=0
        if [ -s $2 ]; then
          [ "$(sqlite3 db 'pragma integrity_check')" = ok ] || { echo "damaged: db"; lost=1; }
          sqlite3 db 'select i from t' | sort > $2.there
          sort $2 | comm -23 - $2.there | sed 's/^/lost row: /' | grep . && lost=1
        fi
        if [ -s $3 ]; then
          export HOME=$1
          git -C repo fsck --full --no-dangling 2>&1 | grep -v '^notice:' | grep . && lost=1
          git -C repo rev-list HEAD | sort > $3.there
          sort $3 | comm -23 - $3.there | sed 's/^/lost commit: /' | grep . && lost=1
        fi
        echo "rows $(wc -l < $2) commits $(wc -l < $3)"
        exit $lost
        """;

    /// <summary>Every file that was noted and not removed is there; every one there is what its name says.</summary>
    const string Checker = """
        cd $1 || exit 1
        lost=0; seen=0
        while read -r what name; do
          [ "$what" = + ] || continue
          grep -q -- "^- $name\$" $2 && continue
          seen=$((seen + 1))
          [ -e $name ] || { echo "lost: $name"; lost=1; }
        done < $2
        for file in *-*; do
          case $file in *-new|db-*|"*-*") continue;; esac
          [ "${file#*-}" = "$(sha1sum < $file | cut -c1-40)" ] || { echo "damaged: $file"; lost=1; }
        done
        echo "verified $seen"
        exit $lost
        """;

    static async Task<bool> DiesAsync(LustrousProcess killed)
    {
        try
        {
            await killed.EndAsync(TimeSpan.FromMinutes(1));
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    [Fact]
    public async Task What_fsync_and_rename_promised_survives_every_kill()
    {
        Needs.Fuse();
        Needs.Tool("sqlite3");
        Needs.Tool("git");
        string run = Path.Combine(_folder, "run");
        string store = Path.Combine(_folder, "store");
        string mount = Directory.CreateDirectory(Path.Combine(_folder, "mnt")).FullName;
        string notes = Path.Combine(_folder, "notes");
        await File.WriteAllTextAsync(Path.Combine(_folder, "writer"), Writer);
        await File.WriteAllTextAsync(Path.Combine(_folder, "checker"), Checker);
        (string rows, string commits) = (Path.Combine(_folder, "rows"), Path.Combine(_folder, "commits"));
        await File.WriteAllTextAsync(Path.Combine(_folder, "sqlite"), SqliteWriter);
        await File.WriteAllTextAsync(Path.Combine(_folder, "git"), GitWriter);
        await File.WriteAllTextAsync(Path.Combine(_folder, "tools"), ToolsChecker);
        foreach (string file in (string[])[notes, rows, commits])
            await File.WriteAllTextAsync(file, "");
        var random = new Random(1);
        for (int kill = 0; kill < s_kills; kill++)
        {
            await using var up = new LustrousProcess(run, "up", "--store", store, "--mount", mount, "--osts", "2");
            await up.FindAsync("lustre: ");
            string said = await Shell.OkAsync($"sh {_folder}/checker {mount} {notes}", seconds: 300);
            said += await Shell.OkAsync($"sh {_folder}/tools {mount} {rows} {commits}", seconds: 300);
            Say($"life {kill}: {said.Trim().ReplaceLineEndings(", ")}");
            int noted = (await File.ReadAllLinesAsync(notes, TestContext.Current.CancellationToken)).Length;
            Task<(int, string)> first = Shell.RunAsync($"sh {_folder}/writer {mount} {kill}a {notes}");
            Task<(int, string)> second = Shell.RunAsync($"sh {_folder}/writer {mount} {kill}b {notes}");
            Task<(int, string)> third = Shell.RunAsync($"sh {_folder}/sqlite {mount} {rows}");
            Task<(int, string)> fourth = Shell.RunAsync($"sh {_folder}/git {mount} {commits}");
            // Into the middle of it, wherever that is.
            await Shell.OkAsync($"until [ $(wc -l < {notes}) -ge {noted + 4} ]; do sleep 0.05; done");
            await Task.Delay(random.Next(1500), TestContext.Current.CancellationToken);
            up.Kill();
            bool isDead = await DiesAsync(up);
            await Shell.RunAsync($"umount -l {mount}");
            if (!isDead)
                Assert.Skip($"after {kill} kills with nothing lost: Linux keeps a thread of the killed mount, which "
                    + "waited for a folder's lock to take a name back (fuse_reverse_inval_entry), and so the store");
            await Task.WhenAll(first, second, third, fourth);
        }
        await using var last = new LustrousProcess(run, "up", "--store", store, "--mount", mount);
        await last.FindAsync("lustre: ");
        string verified = await Shell.OkAsync(
            $"sh {_folder}/checker {mount} {notes} && sh {_folder}/tools {mount} {rows} {commits}", seconds: 300);
        Assert.DoesNotContain("verified 0\n", verified, StringComparison.Ordinal);
        Say($"after {s_kills} kills: {verified.Trim().ReplaceLineEndings(", ")}, lost: 0");
    }

    /// <summary>Seen while it runs: the long form takes an hour.</summary>
    static void Say(string line)
    {
        TestContext.Current.TestOutputHelper?.WriteLine(line);
        if (s_kills > 3)
            Console.WriteLine(line);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
