using System.Runtime.CompilerServices;

namespace Lustrous.Idl.Wire;

// C's char arrays, by length. The generator writes Equals, TryFrom, From and ToString (the text before the first NUL).

[InlineArray(8), WireText]
public partial struct Text8
{
    byte _first;
}

[InlineArray(16), WireText]
public partial struct Text16
{
    byte _first;
}

[InlineArray(17), WireText]
public partial struct Text17
{
    byte _first;
}

[InlineArray(24), WireText]
public partial struct Text24
{
    byte _first;
}

[InlineArray(28), WireText]
public partial struct Text28
{
    byte _first;
}

[InlineArray(32), WireText]
public partial struct Text32
{
    byte _first;
}

[InlineArray(40), WireText]
public partial struct Text40
{
    byte _first;
}

[InlineArray(64), WireText]
public partial struct Text64
{
    byte _first;
}

[InlineArray(128), WireText]
public partial struct Text128
{
    byte _first;
}

[InlineArray(824), WireText]
public partial struct Text824
{
    byte _first;
}

[InlineArray(1024), WireText]
public partial struct Text1024
{
    byte _first;
}

[InlineArray(4096), WireText]
public partial struct Text4096
{
    byte _first;
}
