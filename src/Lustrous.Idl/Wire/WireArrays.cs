using System.Runtime.CompilerServices;

namespace Lustrous.Idl.Wire;

// C's fixed arrays of numbers, bytes and structs, by length. The generator writes Equals, TryFrom and ToString.

[InlineArray(2)]
public partial struct Array2<T> where T : unmanaged
{
    T _first;
}

[InlineArray(3)]
public partial struct Array3<T> where T : unmanaged
{
    T _first;
}

[InlineArray(4)]
public partial struct Array4<T> where T : unmanaged
{
    T _first;
}

[InlineArray(7)]
public partial struct Array7<T> where T : unmanaged
{
    T _first;
}

[InlineArray(8)]
public partial struct Array8<T> where T : unmanaged
{
    T _first;
}

[InlineArray(15)]
public partial struct Array15<T> where T : unmanaged
{
    T _first;
}

[InlineArray(16)]
public partial struct Array16<T> where T : unmanaged
{
    T _first;
}

[InlineArray(20)]
public partial struct Array20<T> where T : unmanaged
{
    T _first;
}

[InlineArray(28)]
public partial struct Array28<T> where T : unmanaged
{
    T _first;
}

[InlineArray(32)]
public partial struct Array32<T> where T : unmanaged
{
    T _first;
}

[InlineArray(40)]
public partial struct Array40<T> where T : unmanaged
{
    T _first;
}

[InlineArray(64)]
public partial struct Array64<T> where T : unmanaged
{
    T _first;
}

[InlineArray(128)]
public partial struct Array128<T> where T : unmanaged
{
    T _first;
}

[InlineArray(224)]
public partial struct Array224<T> where T : unmanaged
{
    T _first;
}

[InlineArray(2024)]
public partial struct Array2024<T> where T : unmanaged
{
    T _first;
}

[InlineArray(3072)]
public partial struct Array3072<T> where T : unmanaged
{
    T _first;
}

[InlineArray(4096)]
public partial struct Array4096<T> where T : unmanaged
{
    T _first;
}
