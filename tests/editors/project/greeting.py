TÍTULO = "ação 👋🏽 𝒳"


def saudação(nome):
    return f"olá, {nome} 🎉"


emoji = "👩🏽‍🚀 é"; nome = saudação(
    "José",
)
