using System.Globalization;
using Lustrous.Idl.Lfsck;

namespace Lustrous.Utils.Control;

/// <summary>The options of <c>lfsck_start</c> and its neighbours, as Lustre has them.</summary>
/// <remarks>Source: lustre/utils/lustre_lfsck.c.</remarks>
sealed class CheckOptions
{
    // Letter, long name, and whether a word belongs to it: 'o' optional and attached, 'r' required.
    static readonly (char Letter, string Name, char Word)[] s_known =
    [
        ('M', "device", 'r'), ('A', "all", 'n'), ('c', "create_ostobj", 'o'), ('C', "create_mdtobj", 'o'),
        ('d', "delay_create_ostobj", 'o'), ('e', "error", 'r'), ('n', "dryrun", 'o'), ('o', "orphan", 'n'),
        ('r', "reset", 'n'), ('s', "speed", 'r'), ('t', "type", 'r'), ('w', "window_size", 'r'),
    ];

    public string? Device { get; private set; }

    public LfsckParamFlags Flags { get; private set; }

    /// <summary>Empty: the usual ones.</summary>
    public string[] Types { get; private set; } = [];

    public int ObjectsPerSecond { get; private set; }

    public bool IsForAll => (Flags & LfsckParamFlags.ALL_TGT) != 0;

    public bool Waits { get; private set; }

    /// <summary>Null, and why, for what is no option.</summary>
    /// <param name="verb">Of <c>lctl</c>.</param>
    /// <param name="words">What follows it.</param>
    /// <param name="why">A line.</param>
    public static CheckOptions? Parse(string verb, string[] words, out string why)
    {
        var options = new CheckOptions();
        for (int i = 0; i < words.Length; i++)
        {
            if (!TrySplit(words[i], verb, out char letter, out char kind, out string? value))
            {
                why = "Invalid option, '-h' for help.";
                return null;
            }
            if (value is null && kind == 'r' && i + 1 < words.Length)
                value = words[++i];
            if ((kind == 'r' && value is null) || !options.Take(letter, value, verb, out why))
            {
                why = $"invalid value '{value}' of option -{letter}";
                return null;
            }
        }
        why = "";
        return options;
    }

    static bool TrySplit(string word, string verb, out char letter, out char kind, out string? value)
    {
        (letter, kind, value) = (default, default, null);
        string[] parts = word.Split('=', 2);
        foreach ((char itsLetter, string name, char itsKind) in s_known)
        {
            // To wait is -w where there is nothing to be asked for ahead.
            bool isWait = itsLetter == 'w' && verb != "lfsck_start";
            if (parts[0] == "--" + (isWait ? "wait" : name))
                value = parts.Length == 2 ? parts[1] : null;
            else if (word.StartsWith("-" + itsLetter, StringComparison.Ordinal))
                value = word.Length > 2 ? word[2..] : null;
            else
                continue;
            (letter, kind) = (itsLetter, isWait ? 'n' : itsKind);
            return true;
        }
        return false;
    }

    bool Take(char letter, string? value, string verb, out string why)
    {
        why = "";
        LfsckParamFlags flag = letter switch
        {
            'A' => LfsckParamFlags.ALL_TGT | LfsckParamFlags.BROADCAST,
            'o' => LfsckParamFlags.ALL_TGT | LfsckParamFlags.BROADCAST | LfsckParamFlags.OST_ORPHAN,
            'c' => LfsckParamFlags.CREATE_OSTOBJ,
            'C' => LfsckParamFlags.CREATE_MDTOBJ,
            'd' => LfsckParamFlags.DELAY_CREATE_OSTOBJ,
            'n' => LfsckParamFlags.DRYRUN,
            'r' => LfsckParamFlags.RESET,
            _ => 0,
        };
        switch (letter)
        {
            case 'M':
                Device = value;
                return true;
            case 'e':
                Flags |= value == "abort" ? LfsckParamFlags.FAILOUT : 0;
                return value is "abort" or "continue";
            case 's':
                bool isNumber = int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int speed);
                ObjectsPerSecond = speed;
                return isNumber;
            case 't':
                Types = value!.Split(',');
                return Types.All(type => type is "layout" or "namespace" or "scrub" or "all" or "default");
            case 'w':
                Waits = verb != "lfsck_start";
                return true;
        }
        if (value is not (null or "on" or "off"))
            return false;
        Flags |= value == "off" ? 0 : flag;
        return true;
    }
}
