from typing import Any, Dict

from hitl_tui import BaseAgent, HumanInteractionRequest, InteractionType

class ConditionalInteractionAgent(BaseAgent):
    """Agent that conditionally requests human input based on criteria."""
    
    def process(self, inputs: Dict[str, Any]) -> Any:
        risk_score = self.calculate_risk_score(inputs)
        
        # Only request human approval for high-risk operations
        if risk_score > 0.8:
            return self.request_approval(inputs, risk_score)
        else:
            return self.auto_approve(inputs)
    
    def calculate_risk_score(self, inputs: Dict[str, Any]) -> float:
        # Example risk calculation
        amount = inputs.get("amount", 0)
        user_tier = inputs.get("user_tier", "basic")
        
        score = 0.0
        if amount > 10000:
            score += 0.5
        if user_tier == "basic":
            score += 0.3
        
        return min(score, 1.0)
    
    def request_approval(self, inputs: Dict[str, Any], risk_score: float) -> Dict[str, Any]:
        request = HumanInteractionRequest(
            thread_id=self.execution_context.thread_id,
            node_name=self.node_name,
            interaction_type=InteractionType.APPROVAL,
            prompt=f"High-risk operation detected (risk score: {risk_score:.2f}). Please review and approve.",
            context={
                "risk_score": risk_score,
                "operation_details": inputs,
                "recommendation": "manual_review_required"
            }
        )
        
        self.interaction_handler.display_interaction_request(request)
        
        return {
            "status": "pending_approval",
            "risk_score": risk_score,
            "interaction_id": str(request.id)
        }
    
    def auto_approve(self, inputs: Dict[str, Any]) -> Dict[str, Any]:
        return {
            "status": "auto_approved",
            "operation_result": self.process_operation(inputs)
        }
